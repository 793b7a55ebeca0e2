package console

// Colors says whether a terminal gets colour: only a terminal does, and not where NO_COLOR is set to anything
// (https://no-color.org) or TERM says that it can show none.
func Colors(getenv func(string) string, terminal bool) bool {
	if !terminal || getenv("NO_COLOR") != "" {
		return false
	}
	term := getenv("TERM")
	return term != "" && term != "dumb"
}

// ink is how a text is written, named for what it means. Each is one of the eight colours that a person chose to read on
// their own background, and none is near to white, black or yellow. What an ink says is always said in words too.
type ink string

const (
	inkNone      ink = ""
	inkDim       ink = "\x1b[2m"    // what may be passed over: rules, counts, SQL, nil
	inkStrong    ink = "\x1b[1m"    // headings
	inkSealed    ink = "\x1b[35m"   // a value that stays sealed
	inkFault     ink = "\x1b[1;31m" // what failed, and what is refused
	inkHint      ink = "\x1b[36m"   // what to do
	inkEncrypted ink = "\x1b[32m"   // nothing opens
	inkDecrypted ink = "\x1b[1;31m" // what is shown now may be somebody's secret
	inkWrite     ink = "\x1b[1;35m" // rows change
	inkFound     ink = "\x1b[7m"    // what was searched for
)

// inkEnd ends an ink. Every line ends its own, so that a line can be shown without those before it.
const inkEnd = "\x1b[0m"

// paint writes text in an ink. The text has been made visible before: it holds no sequence of its own.
func (s Screen) paint(in ink, text string) string {
	if !s.Color || in == inkNone || text == "" {
		return text
	}
	return string(in) + text + inkEnd
}
