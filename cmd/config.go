package cmd

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/v2"

	"github.com/vouchsafe/vouchsafe/shell/policy"
)

const systemConfig = "/etc/vouchsafe/vouchsafe.yaml"

// config is vouchsafe.yaml. Paths are relative to the directory that it lies in.
type config struct {
	path        string
	Environment string // as the sessions are marked; empty: as the application says
	Engineer    string // embedded: who sits at the console
	Auditor     string // embedded: who reads the record
	Database    string // embedded: the application's SQLite file
	Record      string // embedded: the record's SQLite file
	KeyStore    string // embedded: the key store's SQLite file
	Keyset      string
	Worker      string // the binary that runs typed code; empty: this one
	Policy      policy.Policy
}

// configKeys are the keys that a config may have, but for those below policy, which the policy itself knows.
var configKeys = []string{"mode", "connect", "environment", "engineer", "auditor", "database", "record", "keys.store", "keys.keyset", "worker"}

// readConfig finds and reads the config. Everything that is wrong with it is a failure of usage.
func (p *program) readConfig() (*config, error) {
	path, err := p.configPath()
	if err != nil {
		return nil, err
	}
	k := koanf.New(".")
	if err := k.Load(file.Provider(path), yaml.Parser()); err != nil {
		if errors.Is(err, os.ErrNotExist) {
			if p.config == "" && p.getenv("VOUCHSAFE_CONFIG") == "" {
				return nil, usage("vouchsafe demo --init-only makes one to try; nothing was run", "there is no config: no --config, no $VOUCHSAFE_CONFIG, no ./vouchsafe.yaml, no %s", systemConfig)
			}
			return nil, usage("vouchsafe demo --init-only makes one to try; nothing was run", "there is no config %s", path)
		}
		return nil, usage("nothing was run", "config %s: %s", path, plain(err))
	}
	for _, key := range k.Keys() {
		if !slices.Contains(configKeys, key) && key != "policy" && !strings.HasPrefix(key, "policy.") {
			return nil, usage("known are mode, environment, engineer, auditor, database, record, keys.store, keys.keyset, worker and policy; nothing was run", "config %s: unknown key %s", path, plain(errors.New(key)))
		}
	}
	if err := checkMode(k, path); err != nil {
		return nil, err
	}
	c := &config{path: path, Environment: k.String("environment"), Worker: k.String("worker")}
	for _, need := range []struct {
		key  string
		into *string
		path bool
	}{
		{"engineer", &c.Engineer, false}, {"auditor", &c.Auditor, false}, {"database", &c.Database, true},
		{"record", &c.Record, true}, {"keys.store", &c.KeyStore, true}, {"keys.keyset", &c.Keyset, true},
	} {
		text, ok := k.Get(need.key).(string)
		if !ok || strings.TrimSpace(text) == "" {
			return nil, usage("nothing was run", "config %s: %s is missing", path, need.key)
		}
		if *need.into = text; need.path {
			*need.into = c.beside(text)
		}
	}
	if c.Worker != "" {
		c.Worker = c.beside(c.Worker)
	}
	raw, ok := k.Raw()["policy"].(map[string]any)
	if !ok && k.Get("policy") != nil {
		return nil, usage("nothing was run", "config %s: policy is no list of settings", path)
	}
	if c.Policy, err = policy.Parse(raw); err != nil {
		f := failureOf(err)
		f.message = fmt.Sprintf("config %s: %s", path, f.message)
		return nil, f
	}
	return c, nil
}

// beside makes a path relative to the config's directory.
func (c *config) beside(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(c.path), path)
}

func (p *program) configPath() (string, error) {
	path := p.config
	if path == "" {
		path = p.getenv("VOUCHSAFE_CONFIG")
	}
	if path == "" {
		path = "vouchsafe.yaml"
		if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
			if _, err := os.Stat(systemConfig); err == nil {
				path = systemConfig
			}
		}
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return "", usage("", "config: %v", err)
	}
	return path, nil
}

// checkMode refuses a config that does not say what it is for, or asks for what this binary does not do.
func checkMode(k *koanf.Koanf, path string) error {
	mode, connect := k.Get("mode"), k.Get("connect")
	switch {
	case mode == nil && connect == nil:
		return usage("write mode: embedded; nothing was run", "config %s says neither mode nor connect", path)
	case mode != nil && connect != nil:
		return usage("a console has connect, a server has mode; nothing was run", "config %s says both mode and connect", path)
	case connect != nil || mode == "server":
		return usage("this version has the embedded mode only: write mode: embedded; nothing was run", "config %s asks for a server", path)
	case mode != "embedded":
		return usage("write mode: embedded; nothing was run", "config %s: there is no mode %q", path, fmt.Sprint(mode))
	}
	return nil
}
