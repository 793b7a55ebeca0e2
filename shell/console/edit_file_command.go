package console

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// editor is the program that an engineer edits with.
type editor struct {
	path string
	args []string
	kind editorKind
}

type editorKind uint8

const (
	anyEditor editorKind = iota
	vim                  // or neovim
	nvi
)

// editorCommand finds the editor that the environment names.
func editorCommand(ctx context.Context, getenv func(string) string) (editor, error) {
	name := "vi"
	for _, variable := range []string{"EDITOR", "VISUAL"} {
		if value := strings.TrimSpace(getenv(variable)); value != "" {
			name = value
		}
	}
	words, err := splitCommand(name)
	if err != nil {
		return editor{}, fmt.Errorf("the editor %s: %w", quoted(name), err)
	}
	path, err := exec.LookPath(words[0])
	if err != nil {
		return editor{}, fmt.Errorf("the editor %s was not found: set EDITOR to one that is installed here", quoted(words[0]))
	}
	if path, err = filepath.Abs(path); err != nil {
		return editor{}, fmt.Errorf("the editor %s: %w", quoted(name), err)
	}
	return editor{path: path, args: words[1:], kind: kindOf(ctx, path)}, nil
}

// splitCommand splits a command into words as a shell would, and runs none: quotes keep words together, and nothing else has
// a meaning.
func splitCommand(s string) ([]string, error) {
	var words []string
	var word strings.Builder
	var quote rune
	started, escaped := false, false
	for _, r := range s {
		switch {
		case escaped:
			word.WriteRune(r)
			escaped = false
		case r == '\\' && quote != '\'':
			started, escaped = true, true
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '"' || r == '\''):
			started, quote = true, r
		case quote == 0 && (r == ' ' || r == '\t' || r == '\n'):
			if started {
				words = append(words, word.String())
			}
			word.Reset()
			started = false
		default:
			started = true
			word.WriteRune(r)
		}
	}
	if quote != 0 || escaped {
		return nil, errors.New("a quote is not closed: mend EDITOR or VISUAL")
	}
	if started {
		words = append(words, word.String())
	}
	if len(words) == 0 || words[0] == "" {
		return nil, errors.New("there is no name in it: mend EDITOR or VISUAL")
	}
	return words, nil
}

// kindOf tells what program stands behind a name, for vi may be several.
func kindOf(ctx context.Context, path string) editorKind {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	switch base := filepath.Base(path); {
	case strings.HasPrefix(base, "vim"), strings.HasPrefix(base, "nvim"), base == "rvim", base == "gvim":
		return vim
	case base == "nvi":
		return nvi
	case base != "vi":
		return anyEditor
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	version, _ := exec.CommandContext(ctx, path, "--version").Output()
	if bytes.HasPrefix(version, []byte("VIM")) {
		return vim
	}
	return anyEditor
}

// on is the command that edits the file of a place, and keeps what else it writes in that place too.
func (e editor) on(p *editPlace) *exec.Cmd {
	args := append([]string(nil), e.args...)
	env := append(os.Environ(), "TMPDIR="+p.path, "TMP="+p.path, "TEMP="+p.path)
	switch e.kind {
	case vim:
		// Before the engineer's own configuration, and again after it.
		off := "set noswapfile nobackup nowritebackup noundofile backupskip=* directory=" + p.path + " backupdir=" + p.path + " undodir=" + p.path
		args = append(args, "-n", "-i", "NONE", "--cmd", off, "-c", off)
	case nvi:
		env = append(env, "NEXINIT=set recdir="+p.path+" directory="+p.path, "EXINIT=set recdir="+p.path+" directory="+p.path)
	}
	command := exec.Command(e.path, append(args, p.file())...)
	command.Env, command.Dir = env, p.path
	return command
}
