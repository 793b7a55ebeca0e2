// Package console is the engineer's side of a session: a terminal on which inputs are typed, and what came back is shown.
//
// [Run] holds one session. It speaks with the server over a websocket, in the messages of [wire.FromConsole] and
// [wire.ToConsole], and has neither keys nor the record: what it is shown is on record before it arrives. What mode the
// session is in, and until when, the server says; the console shows it, and forgets what was typed in a decrypted period
// when that ends.
//
// # What is typed
//
// An [Editor] reads one input at a time, however many lines it has. A paste is text and never a key. History is in memory
// only. [EditFile] opens an editor on a file in memory. What is being typed when a decrypted period ends was meant for it: it is
// dropped, and so is what follows until Enter or a pause.
//
// [Split] cuts a script, or what was pasted, into the inputs that an engineer would have entered one by one; each becomes
// one recorded command. [Complete] says of what stands at the prompt whether it can be sent, needs more lines, or can never
// become Go. Both decide as go/scanner and go/parser do, and by nothing else.
//
// Their promises: no input is run in part. What does not end (an open bracket, string or comment) is one input up to the end
// of the text, so that it fails as a whole instead of running its inner lines one by one. Nothing but comments and space is
// left out, and a comment at the end of an input stays with it, for the record.
//
// # What is shown
//
// A [Screen] renders for a terminal: it knows its width and whether it has colour. A [Pager] shows what is longer than the
// screen, from memory. [JSON] and [Text] know no terminal: they render for programs and for the record.
//
// [JSON] and [Text] render a [wire.Value], a tree that a worker sent. It is a claim of a process that nobody trusts, so they
// take any tree, also one that no honest worker would make: they do not panic, and never give more than the limit they are
// told. Both say whether something was left out, here or already by the worker.
//
// JSON that was cut is still valid JSON: the tree is cut, not the bytes. Of a list that does not fit, the first items are
// kept whole; of a row, each field is kept, and the longest are shortened.
//
// Whatever is shown is made visible first, by [Visible]: no value from a database can move the cursor, hide text, or change
// the order in which a terminal writes it. JSON escapes the same characters, so nothing is lost there.
//
// A sealed value is ‹sealed people.email people/42› wherever it stands: its column, its row, and whose
// it is where that is another: ‹sealed messages.subject messages/981 of people/42›.
package console
