// Package wire holds the frames between the processes of a session.
//
// A worker is reached over two sockets. On the control socket the broker hands it one recorded command at a time
// ([Turn]) and receives one answer each ([Done]). On the statement socket the worker asks the gate ([Request]) and
// receives one answer each ([Response]), one at a time. A frame is a length of four bytes, most significant first, and
// that many bytes of CBOR (RFC 8949); the rows of a page are in a form of their own ([AppendRow]).
//
// A console speaks with its server over a websocket (RFC 6455): each message is one [FromConsole] or [ToConsole] in CBOR. It
// opens a session, runs one input at a time, answers questions that a command asks, and is told what came of each; what it is
// told is on record before. Between inputs it may ask how a text could go on ([Complete]); nothing of that is evaluated.
//
// Promises: a decoder allocates no more than a small multiple of the bytes that arrived, whatever they are; a frame
// longer than the receiver's bound is an error before any of it is read; a frame that does not decode is
// [ErrMalformed]. What a worker sends is a claim, never evidence: nothing here is checked for being true.
package wire
