package wire

// Version is the version of the protocol. Broker and worker are of one build or of one version; else the worker is refused.
const Version = 1

// Nonce ties everything a worker sends to the one recorded command it may act for.
type Nonce [16]byte

// Error is a failure that a person will read. It never holds a DSN, a key or a sealed value.
type Error struct {
	Kind    string `cbor:"1,keyasint"           json:"kind"` // one of the Err constants
	Message string `cbor:"2,keyasint"           json:"message"`
	Hint    string `cbor:"3,keyasint,omitempty" json:"hint,omitempty"`
	Rule    string `cbor:"4,keyasint,omitempty" json:"rule,omitempty"` // which rule refused, for Kind refused
	Line    int    `cbor:"5,keyasint,omitempty" json:"line,omitempty"` // 1-based position in what was typed
	Column  int    `cbor:"6,keyasint,omitempty" json:"column,omitempty"`
	Code    string `cbor:"7,keyasint,omitempty" json:"code,omitempty"` // a database's own code, without its detail
}

func (e *Error) Error() string { return e.Message }

// The kinds of an Error, as contract and record know them.
const (
	ErrSyntax      = "syntax"
	ErrRuntime     = "runtime"
	ErrRefused     = "refused"
	ErrTimeout     = "timeout"
	ErrKilled      = "killed"
	ErrInterrupted = "interrupted"
	ErrAudit       = "audit"
	ErrDatabase    = "database"
)

// Control is a frame on the control socket. Exactly one field is set.
type Control struct {
	Hello  *Hello  `cbor:"1,keyasint,omitempty"` // broker to worker, once
	Ready  *Ready  `cbor:"2,keyasint,omitempty"` // worker to broker, once, its answer
	Turn   *Turn   `cbor:"3,keyasint,omitempty"` // broker to worker
	Cancel *Cancel `cbor:"4,keyasint,omitempty"` // broker to worker
	Done   *Done   `cbor:"5,keyasint,omitempty"` // worker to broker, once a Turn

	Complete  *Complete  `cbor:"6,keyasint,omitempty"` // broker to worker, between turns only
	Completed *Completed `cbor:"7,keyasint,omitempty"` // worker to broker, once a Complete
}

// Hello tells a fresh worker what it is for.
type Hello struct {
	Version int    `cbor:"1,keyasint"`
	Dialect string `cbor:"2,keyasint"` // sqlite, postgres or mysql
	Server  string `cbor:"3,keyasint"` // the database's version, for the questions a driver asks at its start
}

// Ready says that the worker waits for its first turn.
type Ready struct {
	Version     int    `cbor:"1,keyasint"`
	Description []byte `cbor:"2,keyasint,omitempty"` // only of a worker started to describe its models
}

// Turn asks for one recorded command.
type Turn struct {
	Nonce   Nonce  `cbor:"1,keyasint"`
	Command int    `cbor:"2,keyasint"`
	Source  string `cbor:"3,keyasint"`
}

// Cancel asks to stop the command that is running.
type Cancel struct {
	Nonce Nonce `cbor:"1,keyasint"`
}

// Done ends a turn.
type Done struct {
	Nonce     Nonce  `cbor:"1,keyasint"`
	Value     *Value `cbor:"2,keyasint,omitempty"` // of the last top-level expression; nil without one
	Err       *Error `cbor:"3,keyasint,omitempty"`
	Leftovers int    `cbor:"4,keyasint,omitempty"` // goroutines that could not be stopped: the worker asks to be replaced
	Exit      bool   `cbor:"5,keyasint,omitempty"` // .exit was typed
}

// Op is what a Request asks of the gate.
type Op uint8

// The operations of the gate.
const (
	OpQuery    Op = iota + 1 // SQL, Args: the first page of a result
	OpNext                   // Cursor: the next page
	OpClose                  // Cursor: no more pages wanted
	OpExec                   // SQL, Args: rows touched
	OpBegin                  // a transaction on Conn
	OpCommit                 // the transaction of Conn
	OpRollback               // the transaction of Conn
	OpSave                   // Write: change the row that its key names
	OpCreate                 // Write: a new row
	OpLookup                 // Column, Text: the keys of the rows whose blind index matches
	OpFact                   // Reference, Fact, Text or Other: something true of a sealed value
)

// Request is a frame from worker to broker on the statement socket.
type Request struct {
	Nonce     Nonce      `cbor:"1,keyasint"`
	ID        uint64     `cbor:"2,keyasint"` // counts up by one
	Op        Op         `cbor:"3,keyasint"`
	Conn      uint32     `cbor:"4,keyasint,omitempty"` // which of the worker's connections
	Cursor    uint64     `cbor:"5,keyasint,omitempty"`
	SQL       string     `cbor:"6,keyasint,omitempty"`
	Args      Scalars    `cbor:"7,keyasint,omitempty"`
	Write     *Write     `cbor:"8,keyasint,omitempty"`
	Column    string     `cbor:"9,keyasint,omitempty"`
	Text      string     `cbor:"10,keyasint,omitempty"`
	Reference *Reference `cbor:"11,keyasint,omitempty"`
	Other     *Reference `cbor:"12,keyasint,omitempty"`
	Fact      string     `cbor:"13,keyasint,omitempty"`
}

// Write is one row, changed or made through a repository. The broker composes its SQL, and binds each value itself.
type Write struct {
	Table   string       `cbor:"1,keyasint"`
	Key     Scalars      `cbor:"2,keyasint,omitempty"` // in the order of the schema's keys
	Columns []Assignment `cbor:"3,keyasint"`
}

// Assignment is one column of a Write.
type Assignment struct {
	Column    string     `cbor:"1,keyasint"`
	Value     Scalar     `cbor:"2,keyasint,omitempty"` // a plain column's value
	Reference *Reference `cbor:"3,keyasint,omitempty"` // a sealed column as it was read: it stays as it stands
	Seal      *string    `cbor:"4,keyasint,omitempty"` // a sealed column's new value, which the broker seals
}

// Response is a frame from broker to worker on the statement socket: the answer to one Request.
type Response struct {
	ID       uint64   `cbor:"1,keyasint"`
	Err      *Error   `cbor:"2,keyasint,omitempty"`
	Columns  []Column `cbor:"3,keyasint,omitempty"`
	Rows     []byte   `cbor:"4,keyasint,omitempty"` // a page, as AppendRow wrote it
	Cursor   uint64   `cbor:"5,keyasint,omitempty"` // more pages are to be had under this number
	Affected int64    `cbor:"6,keyasint,omitempty"`
	LastID   int64    `cbor:"7,keyasint,omitempty"`
	Keys     [][]any  `cbor:"8,keyasint,omitempty"`
	Answer   any      `cbor:"9,keyasint,omitempty"` // bool, int64, string or []string
}

// Column is one column of a result.
type Column struct {
	Name string `cbor:"1,keyasint"`
	Type string `cbor:"2,keyasint,omitempty"` // as the database declares it
}
