package broker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"github.com/vouchsafe/vouchsafe/audit"
	"github.com/vouchsafe/vouchsafe/crypto"
	"github.com/vouchsafe/vouchsafe/shell"
	"github.com/vouchsafe/vouchsafe/shell/policy"
	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// Config is what a Broker needs. Every field is required unless its comment says otherwise.
type Config struct {
	Log     *audit.Log
	Keyring Keyring
	Policy  policy.Policy // the zero policy denies everything
	Schema  shell.Schema  // from Describe
	Start   Start
	// Target opens the application's database. It is asked when the first session that passed the policy opens, so that
	// a refusal needs no database.
	Target func(context.Context) (Target, error)

	Build       string           // of this binary
	Host        string           // where it runs
	Worker      string           // SHA-256 of the worker's binary, hex
	Embedded    bool             // console and server are one process
	Confinement []string         // the layers that a worker runs behind, for the console's banner
	Reviewer    string           // who reviews sessions, for .whoami; may be empty
	Kept        string           // how long the record is kept, for .whoami; may be empty
	Now         func() time.Time // time.Now if nil
	// LastJustification is the link to offer to an engineer: that of their last session. Nil offers none.
	LastJustification func(ctx context.Context, engineer string) string
	// Render shows a value as a console does, for the record; it says how many bytes it left out.
	Render func(*wire.Value) (text string, cut int)
}

// Keyring is what the broker asks of the keys: *crypto.Keyring.
type Keyring interface {
	Seal(ctx context.Context, column crypto.Column, subject crypto.Subject, row crypto.Row, plaintext []byte) ([]byte, error)
	Open(ctx context.Context, envelopes ...[]byte) ([]crypto.Opened, error)
	Index(column crypto.Column, norms []string, text string) ([][]byte, error)
	Keyset() *crypto.Keyset
}

// Process is a worker's process.
type Process struct {
	Control    net.Conn
	Statements net.Conn
	Stdout     *os.File
	Stderr     *os.File
	Kill       func() // ends it at once and waits for its end
}

// Start starts a worker: role is "work" or "describe".
type Start func(ctx context.Context, role string) (*Process, error)

// Broker opens sessions.
type Broker struct {
	Config
	schemaDigest string

	connecting sync.Mutex
	target     Target

	spare spare
}

// New refuses a config that cannot be safe.
func New(c Config) (*Broker, error) {
	for _, need := range []struct {
		missing bool
		what    string
	}{
		{c.Log == nil, "no record"},
		{c.Keyring == nil, "no keyring"},
		{c.Start == nil, "no way to start a worker"},
		{c.Target == nil, "no target database"},
		{c.Render == nil, "no way to show a value"},
		{len(c.Schema.Tables) == 0, "no schema"},
	} {
		if need.missing {
			return nil, fmt.Errorf("broker: %s", need.what)
		}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	digest, err := c.Schema.Digest()
	if err != nil {
		return nil, err
	}
	return &Broker{Config: c, schemaDigest: digest}, nil
}

// connectTarget opens the target once.
func (b *Broker) connectTarget(ctx context.Context) (Target, error) {
	b.connecting.Lock()
	defer b.connecting.Unlock()
	if b.target != nil {
		return b.target, nil
	}
	target, err := b.Target(ctx)
	if err != nil {
		return nil, err
	}
	target.Guard(b.Schema)
	b.target = target
	return target, nil
}

// describeWait is how long a worker may take to say what its models are.
const describeWait = 30 * time.Second

// Describe runs the worker's binary once to learn what its models are, before any typed code.
func Describe(ctx context.Context, start Start) (shell.Schema, error) {
	process, err := start(ctx, "describe")
	if err != nil {
		return shell.Schema{}, err
	}
	defer process.Kill()
	conn, err := wire.NewConn(process.Control, wire.MaxControl)
	if err != nil {
		return shell.Schema{}, err
	}
	if err := conn.SetDeadline(time.Now().Add(describeWait)); err != nil {
		return shell.Schema{}, err
	}
	var c wire.Control
	if err := conn.Receive(&c); err != nil {
		return shell.Schema{}, fmt.Errorf("the worker did not describe its models: %w%s", err, lastWords(process.Stderr))
	}
	if c.Ready == nil || c.Ready.Version != wire.Version {
		return shell.Schema{}, errors.New("the worker is of another version than the server: use one build of both")
	}
	var schema shell.Schema
	if err := json.Unmarshal(c.Ready.Description, &schema); err != nil {
		return shell.Schema{}, fmt.Errorf("the worker's description: %w", err)
	}
	return schema, nil
}

// lastWords is what a dying worker printed, for the error of a start that failed.
func lastWords(stderr *os.File) string {
	if err := stderr.SetReadDeadline(time.Now().Add(time.Second)); err != nil {
		return ""
	}
	b, _ := io.ReadAll(io.LimitReader(stderr, 512)) // whatever there is
	if len(b) == 0 {
		return ""
	}
	return ": " + visible(string(b))
}
