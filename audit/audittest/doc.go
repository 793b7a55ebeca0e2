// Package audittest gives tests a working record, ways to break it, and CheckLog.
//
// [New] makes a Harness: a Log on a SQLite file of its own, with a sealer and a signer in memory and an anchor in a
// second file. [Harness.FailOn] breaks the store at a chosen entry, in the two ways that stores break: lost, and kept but
// reported lost. [Harness.CheckLog] verifies the whole record.
package audittest
