// Package policy is what the security lead has decided: which links may justify a session or prove a consent, whether
// sessions may write, and how much one command may take. It is read once and asked everywhere.
//
// A Policy denies what it does not name. The zero Policy, which is what an absent or empty configuration gives, accepts no
// link and no write. A configuration with a key, a pattern or a value that is not understood is no Policy at all: Parse
// gives an *Invalid, and nothing starts.
//
// # Configuration
//
//	policy:
//	  links:
//	    justification:
//	      - https://tickets.example/browse/*
//	    consent:
//	      - https://tickets.example/browse/*
//	      - https://consents.example/{subject}/*
//	  write: true          # sessions may ask to write; absent, none may
//	  limits:              # each may be left out
//	    command: 30s       # one command, whatever it does
//	    statement: 10s     # one SQL statement
//	    rows: 100000       # of one statement's result
//	    bytes: 67108864    # of one statement's result
//	    value: 2097152      # bytes of one value of a result
//	    page: 1000         # rows that are sent, and opened, at once
//	    touched: 10000     # rows that one command may write
//	    confirm: 2         # rows of one command from which on the person at a console sees them and is asked
//	    source: 262144     # bytes of one command as it was typed
//	    output: 65536      # bytes that one command may print, and bytes of its value
//	    decrypted: 15m     # a decrypted period
//	    idle: 5m           # a decrypted period in which nothing is typed
//
// # Links
//
// A pattern is a full https URL. Its * stands for one path segment, which is not empty and has neither ; nor percent-encoded ASCII; {subject} stands for the data subject of
// the consent, such as people/42, and has no place in a justification. Everything else must be equal, byte for byte: host, port,
// query and fragment too.
//
// Links are compared as they are written and kept as they are written, so each has one spelling. What a browser would read as
// something else than what is compared is refused: control characters, backslashes, user info, dot segments, a percent-encoded
// slash, needless or lower-case percent-encoding, upper-case hosts, a port, a query or a fragment that the pattern does not have.
//
// A refusal says why, with an accepted example for a hint. It never repeats the link.
package policy
