// Package demo is a small company to try the console on: a provider of mailboxes with its models, a believable database,
// and the tickets of a week on call.
//
// Everything in it is invented. Addresses are under .example, telephone numbers of the base population are from ranges that
// their countries keep for films. The base population comes from a fixed seed: person 42 is the same person in every demo
// database, and only times move with the day on which it was made. The rows behind the tickets are those of tickets.yaml,
// in every demo database, exactly as they stand there; the base population leaves their ids free.
//
// Build makes all of it in one transaction: a database holds the whole company, or nothing of it.
package demo
