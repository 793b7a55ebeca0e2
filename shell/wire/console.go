package wire

import "time"

// Bounds of a frame between console and server, in bytes: each is one message of a websocket.
const (
	MaxFromConsole = 1 << 20
	MaxToConsole   = 8 << 20
)

// FromConsole is what a console sends. Exactly one field is set.
type FromConsole struct {
	Open     *Open     `cbor:"1,keyasint,omitempty"` // asks for a session; after a refusal it may be asked again
	Run      *Run      `cbor:"2,keyasint,omitempty"` // one complete input; its Result is awaited before the next
	Cancel   bool      `cbor:"3,keyasint,omitempty"` // stops the command that runs, if one does
	Answer   *Answer   `cbor:"4,keyasint,omitempty"` // to a Question
	Complete *Complete `cbor:"5,keyasint,omitempty"` // between commands only
	Leave    *Leave    `cbor:"6,keyasint,omitempty"` // ends the session
	Active   bool      `cbor:"7,keyasint,omitempty"` // keys were typed in a decrypted period; at most one every 10 s
}

// ToConsole is what a server sends. Exactly one field is set.
type ToConsole struct {
	Welcome   *Welcome   `cbor:"1,keyasint,omitempty"` // once, first
	Session   *Session   `cbor:"2,keyasint,omitempty"` // the answer to Open
	Failed    *Error     `cbor:"3,keyasint,omitempty"` // the other answer to Open
	Question  *Question  `cbor:"4,keyasint,omitempty"` // while a command runs
	Result    *Result    `cbor:"5,keyasint,omitempty"` // the answer to Run
	Completed *Completed `cbor:"6,keyasint,omitempty"` // the answer to Complete
	Notice    *Notice    `cbor:"7,keyasint,omitempty"` // at any time
	Closed    *Closed    `cbor:"8,keyasint,omitempty"` // the last message
}

// Welcome says where a console is.
type Welcome struct {
	Version       int      `cbor:"1,keyasint"`
	App           string   `cbor:"2,keyasint"`
	Environment   string   `cbor:"3,keyasint,omitempty"`
	Engineer      string   `cbor:"4,keyasint"`
	Embedded      bool     `cbor:"5,keyasint,omitempty"` // console and server are one process
	Confinement   []string `cbor:"6,keyasint,omitempty"` // what typed code runs behind
	Justification string   `cbor:"7,keyasint,omitempty"` // a link to offer: that of the last ticket
	Topics        []string `cbor:"8,keyasint,omitempty"` // of .help, beside the commands
}

// Open asks for a session.
type Open struct {
	Version       int    `cbor:"1,keyasint"`
	Justification string `cbor:"2,keyasint"`
	Note          string `cbor:"3,keyasint,omitempty"`
	Sandbox       bool   `cbor:"4,keyasint,omitempty"`
}

// Session says that a session is open.
type Session struct {
	ID    string `cbor:"1,keyasint"`
	State State  `cbor:"2,keyasint"`
}

// State is how a session stands.
type State struct {
	Mode    string        `cbor:"1,keyasint"`           // encrypted or decrypted
	Left    time.Duration `cbor:"2,keyasint,omitempty"` // of the decrypted period, from when it was sent; it ends earlier where nothing is typed
	Subject string        `cbor:"3,keyasint,omitempty"` // whose decrypted period it is: people/42
	Write   bool          `cbor:"4,keyasint,omitempty"` // it may write
	Sandbox bool          `cbor:"5,keyasint,omitempty"` // nothing that it writes will stand
	Period  int           `cbor:"6,keyasint,omitempty"` // counts the decrypted periods: what was typed in one is forgotten in the next state without it
}

// Run is one complete input.
type Run struct {
	Source string `cbor:"1,keyasint"`
}

// Question is asked of the person while a command runs. Leaving it in any way changes nothing.
type Question struct {
	ID     uint64 `cbor:"1,keyasint"`
	Text   string `cbor:"2,keyasint"`
	Detail *Value `cbor:"3,keyasint,omitempty"` // shown before the question: rows before and after
	YesNo  bool   `cbor:"4,keyasint,omitempty"` // only y or yes is a yes; Enter is a no
	Said   string `cbor:"5,keyasint,omitempty"` // shown before the question too: why it is asked anew
}

// Answer answers a Question. One that was left has no text.
type Answer struct {
	ID   uint64 `cbor:"1,keyasint"`
	Text string `cbor:"2,keyasint,omitempty"`
	Left bool   `cbor:"3,keyasint,omitempty"`
}

// Result is what a command came to. It is on record before it is sent.
type Result struct {
	Command     int           `cbor:"1,keyasint"`
	Mode        string        `cbor:"2,keyasint"` // in which it ran
	Status      string        `cbor:"3,keyasint"`
	Value       *Value        `cbor:"4,keyasint,omitempty"`
	Err         *Error        `cbor:"5,keyasint,omitempty"`
	Output      string        `cbor:"6,keyasint,omitempty"`
	OutputCut   int           `cbor:"7,keyasint,omitempty"` // bytes
	Statements  []Statement   `cbor:"8,keyasint,omitempty"` // the first of them
	More        int           `cbor:"9,keyasint,omitempty"` // statements that are not among them
	Disclosed   int           `cbor:"10,keyasint,omitempty"`
	Facts       int           `cbor:"11,keyasint,omitempty"`
	Duration    time.Duration `cbor:"12,keyasint,omitempty"`
	Notes       []string      `cbor:"13,keyasint,omitempty"`
	Suggestions []string      `cbor:"14,keyasint,omitempty"` // how a fact or an index would answer without decrypting
	Exit        bool          `cbor:"15,keyasint,omitempty"` // .exit was typed
	Edit        *string       `cbor:"16,keyasint,omitempty"` // .edit was typed: the text to begin with
	State       State         `cbor:"17,keyasint"`
	Says        string        `cbor:"18,keyasint,omitempty"` // the server's own words: what a dot command prints
}

// Statement is one SQL statement of a command, as the record keeps it.
type Statement struct {
	SQL      string        `cbor:"1,keyasint"`
	Rows     int64         `cbor:"2,keyasint,omitempty"`
	Write    bool          `cbor:"3,keyasint,omitempty"`
	Duration time.Duration `cbor:"4,keyasint,omitempty"` // in the database and on its way from there
}

// Complete asks how a text could go on. Nothing of it is evaluated.
type Complete struct {
	ID     uint64 `cbor:"1,keyasint"`
	Source string `cbor:"2,keyasint"` // the whole input so far
	Cursor int    `cbor:"3,keyasint"` // a byte offset into it
}

// Completed answers a Complete.
type Completed struct {
	ID         uint64      `cbor:"1,keyasint"`
	From       int         `cbor:"2,keyasint"` // the byte offset where the word begins that a candidate replaces, up to the cursor
	Candidates []Candidate `cbor:"3,keyasint,omitempty"`
	Signature  string      `cbor:"4,keyasint,omitempty"` // of the function whose arguments are typed here
}

// Candidate is one way to go on.
type Candidate struct {
	Text   string `cbor:"1,keyasint"`           // what stands there then
	Detail string `cbor:"2,keyasint,omitempty"` // what it is: a type, a signature, sealed
}

// Notice tells what happened without a command.
type Notice struct {
	Text    string `cbor:"1,keyasint"`
	Warning bool   `cbor:"2,keyasint,omitempty"`
	State   State  `cbor:"3,keyasint"`
}

// Leave ends a session: "closed", or "interrupted".
type Leave struct {
	Reason string `cbor:"1,keyasint"`
}

// Closed says how a session ended.
type Closed struct {
	Commands   int    `cbor:"1,keyasint"`
	Committed  int64  `cbor:"2,keyasint,omitempty"` // rows of writes that stand
	RolledBack int64  `cbor:"3,keyasint,omitempty"`
	Err        *Error `cbor:"4,keyasint,omitempty"` // the end could not be recorded, or the connection is refused
}
