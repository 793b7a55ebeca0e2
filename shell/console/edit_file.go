package console

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

// EditFile opens an editor on text and returns what was saved. It is $VISUAL, $EDITOR or vi, and may have arguments.
//
// The text is in memory only: the file lies in a directory of its own on memory-backed storage, which only this user can read
// and which is gone when EditFile returns, whatever happened. vi and its descendants are told to write nothing elsewhere;
// what another editor's configuration does is not known here.
//
// It is an error if the editor fails, or if what was saved is empty, unchanged, no UTF-8 or longer than an input may be; then
// nothing is returned. When ctx is done, or the console is told to end, the editor is killed. The terminal is then as before.
func EditFile(ctx context.Context, getenv func(string) string, terminal *os.File, text string) (string, error) {
	ctx, release := signal.NotifyContext(ctx, unix.SIGTERM, unix.SIGHUP)
	defer release()
	command, err := editorCommand(ctx, getenv)
	if err != nil {
		return "", err
	}
	place, err := newEditPlace(getenv)
	if err != nil {
		return "", err
	}
	defer place.remove()

	begin := text
	if !strings.HasSuffix(begin, "\n") {
		begin += "\n"
	}
	if err := place.write(begin); err != nil {
		return "", err
	}
	if err := runEditor(ctx, command.on(place), terminal); err != nil {
		return "", err
	}
	saved, err := place.read()
	switch {
	case err != nil:
		return "", err
	case saved == begin || saved == text:
		return "", errors.New("the file was left as it was, so nothing is run")
	case strings.TrimSpace(saved) == "":
		return "", errors.New("the file was left empty, so nothing is run")
	case !utf8.ValidString(saved):
		return "", errors.New("what was saved is not UTF-8, so nothing is run")
	}
	if !strings.HasSuffix(text, "\n") {
		saved = strings.TrimSuffix(saved, "\n")
	}
	return saved, nil
}

// tooLong is told instead of a text that is longer than an input may be.
func tooLong(size int64) error {
	return fmt.Errorf("what was saved has %d bytes, and an input at most %d, so nothing is run", size, maxInput)
}
