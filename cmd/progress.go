package cmd

import (
	"os"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progress is a bar on standard error, where that is a terminal; elsewhere it is silent.
type progress struct{ bar *progressbar.ProgressBar }

func (p *program) progress(what string) *progress {
	f, ok := p.stderr.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return &progress{}
	}
	return &progress{bar: progressbar.NewOptions(1,
		progressbar.OptionSetDescription(what), progressbar.OptionSetWriter(f), progressbar.OptionClearOnFinish(),
		progressbar.OptionEnableColorCodes(p.getenv("NO_COLOR") == ""), progressbar.OptionShowCount(),
	)}
}

// set says how far it is.
func (b *progress) set(done, total int) {
	if b.bar == nil {
		return
	}
	b.bar.ChangeMax(total)
	b.bar.Set(done)
}

func (b *progress) done() {
	if b.bar != nil {
		b.bar.Finish()
	}
}
