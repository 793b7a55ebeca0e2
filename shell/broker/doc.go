// Package broker is the server's side of a session, and the only place that touches the target database and the keyring.
//
// A [Session] takes one command at a time ([Session.Run]). The command goes to a worker, a process that holds nothing
// worth stealing; whatever the worker wants of the database or of a sealed value it asks of the gate, which runs here.
//
// # Promises
//
// Nothing runs unrecorded: the command is on record, durably, before the worker sees it. Where it cannot be, it does not
// run, and the result says so.
//
// Nothing is disclosed or written unrecorded: before a plaintext or the answer to a question about a sealed value
// enters the worker, an entry that names it is durable. A write commits only after an entry with its rows touched is
// durable, else it is rolled back. A transaction that is open when its command ends is rolled back. A read may be
// recorded with its command's outcome.
//
// A write that touches as many rows as the policy says is shown, a few rows of it before and after, to whoever is there to be
// asked: what is shown and the answer are durable before it commits, and anything but a yes rolls it back.
//
// Nothing is shown unrecorded: a result leaves only after its outcome is durable, else it is withheld. A command without
// an outcome is unfinished, and the auditor sees it as such.
//
// # Modes
//
// A session begins encrypted. A decrypted period inside it has a worker and connections of its own; the encrypted worker
// waits with its variables. When the period ends, by word, by time, or because nothing is typed, its worker is killed at
// once, also in the middle of a command, of which nothing is shown then. Nothing runs before that end is on record.
//
// [Broker.Handler] serves consoles: a conversation each, in the messages of shell/wire. A question that a command asks
// stops the command's clock, never that of the period; whoever leaves it, or is silent, changes nothing.
//
// # The worker
//
// What a worker sends is a claim, never evidence: who runs what, in which mode and under which consent is what this
// package knows itself. A worker that crashes, hangs or speaks out of turn is killed and replaced; the session goes on
// without the worker's variables, and the record says so.
//
// A denial is on record too, by the same choke point that decides.
package broker
