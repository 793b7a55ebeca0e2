package cmd

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/vouchsafe/vouchsafe/audit"
	"github.com/vouchsafe/vouchsafe/crypto"
	"github.com/vouchsafe/vouchsafe/migrations"
	"github.com/vouchsafe/vouchsafe/shell"
	"github.com/vouchsafe/vouchsafe/shell/broker"
	"github.com/vouchsafe/vouchsafe/shell/console"
	"github.com/vouchsafe/vouchsafe/shell/wire"
	"github.com/vouchsafe/vouchsafe/shell/worker/confine"
)

// stores are the keyset, the key store, the anchor and the record of the embedded mode.
type stores struct {
	keyset  *crypto.Keyset
	keys    *crypto.SQLiteKeyStore
	keyring *crypto.Keyring
	anchor  *audit.SQLiteAnchor
	record  *audit.SQLite
}

// openStores opens what a session is recorded and sealed with. A keyset that is missing or not understood is a failure of
// usage; a record or a key store that is not there is a record that is unavailable, and it is never made anew.
func openStores(ctx context.Context, c *config, reading bool) (*stores, error) {
	s := &stores{}
	var err error
	if s.keyset, err = readKeyset(c.Keyset); err != nil {
		return nil, err
	}
	tables, err := migrations.Keys("sqlite")
	if err != nil {
		return nil, err
	}
	openAnchor := audit.OpenAnchor
	if reading {
		openAnchor = audit.ReadAnchor
		s.keys, err = crypto.ReadSQLiteKeyStore(ctx, c.KeyStore)
	} else {
		s.keys, err = crypto.OpenSQLiteKeyStore(ctx, c.KeyStore, false, tables)
	}
	if err != nil {
		return nil, away("the key store "+c.KeyStore, err)
	}
	if s.keyring, err = crypto.NewKeyring(crypto.Config{Keyset: s.keyset, Store: s.keys}); err != nil {
		s.close()
		return nil, err
	}
	if err := s.keyring.Check(ctx); err != nil {
		s.close()
		return nil, away("the key store "+c.KeyStore, err)
	}
	if s.anchor, err = openAnchor(ctx, c.KeyStore); err != nil {
		s.close()
		return nil, away("the record's anchor in "+c.KeyStore, err)
	}
	if tables, err = migrations.Audit("sqlite"); err != nil {
		s.close()
		return nil, err
	}
	if reading {
		s.record, err = audit.ReadSQLite(ctx, c.Record, tables)
	} else {
		if s.record, err = audit.OpenSQLite(ctx, c.Record, false, tables); err == nil {
			err = s.record.Beside(c.KeyStore)
		}
	}
	if err != nil {
		s.close()
		failed := away("the record "+c.Record, err)
		if info, gone := os.Stat(c.Record); reading && gone == nil && info.Mode().IsRegular() { // it is there, and no record any more
			failed.code, failed.hint = exitFault, "compare it with a backup and with its anchor"
		}
		return nil, failed
	}
	return s, nil
}

// away is a store that cannot be used.
func away(what string, err error) *failure {
	cause := plain(err)
	if errors.Is(err, fs.ErrNotExist) {
		cause = "there is no such file"
	}
	return &failure{code: exitRecord, kind: wire.ErrAudit, message: fmt.Sprintf("%s is unavailable: %s", what, cause), hint: "nothing was run; put it back, or correct the config"}
}

func readKeyset(path string) (*crypto.Keyset, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, usage("nothing was run; vouchsafe demo makes one to try", "the keyset %s cannot be read: %v", path, pathCause(err))
	}
	keyset, err := crypto.ParseKeyset(b)
	if err != nil {
		return nil, usage("nothing was run; put the right keyset back", "the keyset %s is not understood: %s", path, plain(err))
	}
	if !keyset.Development() {
		return nil, usage("nothing was run; a keyset for production belongs to a server", "mode: embedded takes a development keyset only, and %s is none", path)
	}
	return keyset, nil
}

func pathCause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

func (s *stores) close() {
	if s.record != nil {
		s.record.Close()
	}
	if s.anchor != nil {
		s.anchor.Close()
	}
	if s.keys != nil {
		s.keys.Close()
	}
}

// embedded is console and server in one process.
type embedded struct {
	*stores
	config *config
	log    *audit.Log
	broker *broker.Broker
}

// openEmbedded starts a server inside this process.
func (p *program) openEmbedded(ctx context.Context, c *config) (*embedded, error) {
	stores, err := openStores(ctx, c, false)
	if err != nil {
		return nil, err
	}
	e := &embedded{stores: stores, config: c}
	if err := e.start(ctx, p); err != nil {
		e.close(ctx)
		return nil, err
	}
	return e, nil
}

func (e *embedded) start(ctx context.Context, p *program) error {
	if err := apart(e.config); err != nil {
		return err
	}
	launcher, err := p.launcher(e.config)
	if err != nil {
		return err
	}
	start := startWith(launcher)
	digest, err := fileDigest(launcher.Worker)
	if err != nil {
		return usage("nothing was run; check worker: in the config", "the worker %s cannot be read: %v", launcher.Worker, pathCause(err))
	}
	schema, err := broker.Describe(ctx, start)
	if err != nil {
		return usage("nothing was run; the worker must be a console binary of the same version", "%s", plain(err))
	}
	if e.config.Environment != "" {
		schema.Environment = e.config.Environment
	}
	schemaDigest, err := schema.Digest()
	if err != nil {
		return err
	}
	host, err := os.Hostname()
	if err != nil {
		return fmt.Errorf("this host's name: %w", err)
	}
	started := audit.ServerStarted{
		Build: build(), Host: host, Policy: e.config.Policy.Digest(), Confinement: strings.Join(confine.Layers(), ", "),
		Database: "sqlite " + filepath.Base(e.config.Database), Worker: digest, Schema: schemaDigest,
	}
	if e.log, err = e.openLog(ctx, started); err != nil {
		return err
	}
	e.broker, err = broker.New(broker.Config{
		Log: e.log, Keyring: e.keyring, Policy: e.config.Policy, Schema: schema, Start: start,
		Target: func(ctx context.Context) (broker.Target, error) {
			return broker.OpenSQLite(ctx, e.config.Database, e.config.Policy.Limits.Value)
		},
		Build: build(), Host: host, Worker: digest, Embedded: true, Confinement: confine.Layers(), Reviewer: e.config.Auditor,
		LastJustification: func(ctx context.Context, engineer string) string { return e.lastJustification(ctx, engineer, p.app) },
		Render: func(v *wire.Value) (string, int) {
			text, truncated := console.Text(v, e.config.Policy.Limits.Output)
			if truncated {
				return text, 1
			}
			return text, 0
		},
	})
	return err
}

// apart refuses an application's database that is one of our own files, by whatever name: typed code would read it.
func apart(c *config) error {
	database, err := os.Stat(c.Database)
	if err != nil {
		return nil // the session that needs it will say so
	}
	for what, path := range map[string]string{"the record": c.Record, "the key store": c.KeyStore, "the keyset": c.Keyset} {
		if own, err := os.Stat(path); err == nil && os.SameFile(database, own) {
			return usage("nothing was run; the application's database is a file of its own", "config %s: database is %s", c.path, what)
		}
	}
	return nil
}

// openLog starts the record's writer.
func (s *stores) openLog(ctx context.Context, started audit.ServerStarted) (*audit.Log, error) {
	log, err := audit.Open(ctx, audit.Config{
		Store: s.record, Sealer: s.keyring, Signer: s.keyset.Signer(), Anchor: s.anchor, Started: started,
	})
	if err != nil {
		return nil, away("the record", err)
	}
	return log, nil
}

// lastJustification is the link of an engineer's last session, or the demo's own where there was none.
func (e *embedded) lastJustification(ctx context.Context, engineer string, app shell.App) string {
	sessions, err := audit.NewReader(e.record, e.keyring).Sessions(ctx, audit.Filter{Engineer: engineer, Limit: 1})
	switch {
	case err == nil && len(sessions) > 0:
		return sessions[0].Justification.URL
	case app.Demo != nil:
		return app.Demo.Justification
	}
	return ""
}

func (e *embedded) close(ctx context.Context) {
	if e.broker != nil {
		e.broker.Close()
	}
	if e.log != nil {
		e.log.Close(context.WithoutCancel(ctx))
	}
	e.stores.close()
}

// launcher says which binaries become launcher and worker.
func (p *program) launcher(c *config) (confine.Launcher, error) {
	self := p.self
	if self == "" {
		var err error
		if self, err = os.Executable(); err != nil {
			return confine.Launcher{}, fmt.Errorf("this binary's path: %w", err)
		}
	}
	l := confine.Launcher{Self: self, Worker: self}
	if c.Worker != "" {
		l.Worker = c.Worker
	}
	return l, nil
}

func startWith(l confine.Launcher) broker.Start {
	return func(ctx context.Context, role string) (*broker.Process, error) {
		p, err := l.Start(ctx, role)
		if err != nil {
			return nil, err
		}
		return &broker.Process{Control: p.Control, Statements: p.Statements, Stdout: p.Stdout, Stderr: p.Stderr, Kill: p.Kill}, nil
	}
}

func fileDigest(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}
