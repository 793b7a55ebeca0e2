package broker

import (
	"context"
	"errors"
	"time"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// Ask puts a question to the person at the console while a command runs, and waits for the answer. It is false where the
// person left the question, in whatever way, or ctx ended.
type Ask func(ctx context.Context, q wire.Question) (answer string, ok bool)

// questionWait is how long a question waits. Silence is leaving it.
const questionWait = 2 * time.Minute

var (
	errNobody = errors.New("there is nobody to ask")
	errLeft   = errors.New("the question was left")
)

// ask asks the person. Meanwhile the command's time stands still, and that of a decrypted period does not.
func (c *command) ask(ctx context.Context, q wire.Question) (string, error) {
	if c.session.Ask == nil {
		return "", errNobody
	}
	resume := c.stopwatch.pause()
	defer resume()
	limited, cancel := context.WithTimeout(ctx, c.session.patience)
	defer cancel()
	answer, ok := c.session.Ask(limited, q)
	switch {
	case ctx.Err() != nil:
		return "", stopError(ctx, false)
	case !ok:
		return "", errLeft
	}
	return answer, nil
}
