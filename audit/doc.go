// Package audit is the append-only record of what engineers did, and the proof that nobody changed it.
//
// # Writing
//
// [Open] starts a [Log] on a [Store]. [Log.Append] puts events on record, all or nothing, in their order:
//
//   - When Append returns nil, the events are durable and the anchor knows of them.
//   - When it returns a [NotRecorded], they are not on record. With Unknown set, they may be all the same: the store took
//     them and could not say how it ended. Whoever appends must then do nothing of what the events announce.
//   - When it returns [ErrConsentTaken], the consent's link belongs to somebody else. Nothing was recorded.
//
// One goroutine writes. It takes what is queued, at most 512 requests, without waiting for more, and puts it into one
// transaction. The commit of that transaction is the commit point; a crash before it loses what nobody was told is
// recorded, a crash after it loses nothing.
//
// # What is stored
//
// An [Entry] is a header: who, when, which session and command, what kind. Its hash covers every field, and the hash of
// the entry before it in its chain, and that of the session's entry before it in whatever chain. What the entry says is
// a payload in up to two classes, content (code, SQL, notes, output) and ledger (the rest), each encrypted with a data key
// of the session; the header commits to the ciphertexts, so that a payload can be destroyed and the chain stays whole.
//
// A chain belongs to a writer, that is one incarnation of a Log. Its Ed25519 key exists in memory only, and the record's
// signing key certifies it. The writer signs each transaction's entries as a batch; an entry outside a signed batch does
// not count. On any failure the Log abandons its chain and begins another, which names the head it found: a chain never
// goes on after something that may or may not have happened.
//
// Projections are tables folded from the entries in the same transaction, for lists and pages.
//
// # Reading
//
// [Reader] reads sessions, and [Verify] checks everything from raw rows. Verify trusts nothing that stands in the audit
// database: not its projections, its indexes, its triggers, nor its end, which it compares with the [Anchor]. Neither
// writes anything.
//
// # What it withstands
//
// Whoever owns the database file can read projections and destroy everything, but cannot change, add, remove, reorder or
// hide anything without Verify saying so, as long as the signing key, the Sealer's keys and the anchor are elsewhere.
// Whoever owns the process that writes can write anything.
package audit
