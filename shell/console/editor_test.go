package console

import (
	"strings"
	"testing"
)

func TestWhatIsTypedIsRead(t *testing.T) {
	g := newGlass(t, 80, 24)
	g.types("1+1")
	g.awaits("demo> 1+1█")
	g.types("\r")
	g.awaits("demo> 1+1", `got "1+1"`, "demo> █")
	g.types("x\x04")
	g.types("\x01\x04\x04")
	g.awaits("bye", "█")
	g.ends()
}

func TestWideLettersAreEdited(t *testing.T) {
	g := newGlass(t, 20, 10)
	g.types("日本語")
	g.awaits("demo> 日本語█")
	g.types("\x1b[D\x1b[D")
	g.awaits("demo> 日█本語")
	g.types("x")
	g.awaits("demo> 日x█本語")
	g.types("\x7f\x7f")
	g.awaits("demo> █本語")
	g.types("\x1b[F👍🏽é\u0301")
	g.awaits("demo> 本語👍é█") // the screen model drops what joins a letter
	g.types("\x7f\x7f")
	g.awaits("demo> 本語█")
	g.types("日本語日x")
	g.awaits("demo> 本語日本語日x█")
	g.types("日") // the row has 20 columns: the last one stays empty
	g.awaits("demo> 本語日本語日x", "日█")
	g.types("\x1b[D\x1b[D")
	g.awaits("demo> 本語日本語日█x", "日")
	g.types("\r")
	g.awaits("demo> 本語日本語日x", "日", "got \"本語日本語日x日", "\"", "demo> █")
}

func TestKeysOfEveryTerminalMove(t *testing.T) {
	g := newGlass(t, 80, 24)
	g.types("alpha beta gamma")
	for _, home := range []string{"\x1b[H", "\x1bOH", "\x1b[1~", "\x1b[7~", "\x01"} {
		g.types(home)
		g.awaits("demo> █alpha beta gamma")
		g.types("\x05")
		g.awaits("demo> alpha beta gamma█")
	}
	for _, end := range []string{"\x1b[F", "\x1bOF", "\x1b[4~", "\x1b[8~"} {
		g.types("\x1b[H")
		g.awaits("demo> █alpha beta gamma")
		g.types(end)
		g.awaits("demo> alpha beta gamma█")
	}
	for _, left := range []string{"\x1b[1;5D", "\x1b[5D", "\x1bOd", "\x1b[1;3D", "\x1bb", "\x1b\x1b[1;5D"} {
		g.types(left)
		g.awaits("demo> alpha beta █gamma")
		g.types("\x05")
		g.awaits("demo> alpha beta gamma█")
	}
	for _, right := range []string{"\x1b[1;5C", "\x1b[5C", "\x1bOc", "\x1b[1;3C", "\x1bf"} {
		g.types("\x1b[H" + right)
		g.awaits("demo> alpha█ beta gamma")
	}
	g.types("\x1b[H\x1b[3~\x1b[3~")
	g.awaits("demo> █pha beta gamma")
	g.types("\x1b[3;5~")
	g.awaits("demo> █ beta gamma")
	g.types("\x19")
	g.awaits("demo> pha█ beta gamma")
}

func TestKeysWithoutMeaningDoNothing(t *testing.T) {
	g := newGlass(t, 80, 24)
	g.types("\x1b[3~") // Delete on an empty line is no end
	g.types("\x00")    // nor does Ctrl-Space send
	g.types("\x1a\x1c\x1b[15~\x1b[[A\x1b[200;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1zx")
	g.awaits("demo> x█")
	g.types("\x00y\r")
	g.awaits("demo> xy", `got "xy"`, "demo> █")
}

func TestPasteIsOneInputAndIsNotSent(t *testing.T) {
	g := newGlass(t, 60, 24)
	g.types("\x1b[200~for i := range 3 {\r\tfmt.Println(i)\r\n}\r\x1b[201~")
	g.awaits("demo> for i := range 3 {", "  ...     fmt.Println(i)", "  ... }█")
	g.types("\x1b[A")
	g.awaits("demo> for i := range 3 {", "  ...     █fmt.Println(i)", "  ... }")
	g.types("\x1b[Fx\r")
	g.awaits("demo> for i := range 3 {", "  ...     fmt.Println(i)x", "  ... }", `got "for i := range 3 {\n\tfmt.Println(i)x\n}"`, "demo> █")
}

func TestPastedSequencesAreText(t *testing.T) {
	g := newGlass(t, 70, 24)
	g.types("\x1b[200~a\x1b[2J\x03\x04\x1b[201\x1b[20\u202e⏎\x1b[201~")
	g.awaits(`demo> a\x1b[2J\x03\x04\x1b[201\x1b[20\u202e⏎█`)
	g.types("\r")
	g.awaits(`got "a\x1b[2J\x03\x04\x1b[201\x1b[20\u202e⏎"`, "demo> █")
}

func TestPasteThatHoldsItsOwnEndIsNotSent(t *testing.T) {
	g := newGlass(t, 70, 24)
	g.types("\x1b[200~1+1\x1b[201~\rPeople.DeleteAll()\r\x1b[201~")
	g.awaits("demo> 1+1", "  ... People.DeleteAll()", "  ... █")
}

func TestLongInputIsEditedAndShownWhole(t *testing.T) {
	g := newGlass(t, 40, 6)
	g.types("\x1b[200~" + strings.Repeat("a\r", 9) + "z\x1b[201~")
	g.awaits("↑ 5 more rows", "  ... a", "  ... a", "  ... a", "  ... a", "  ... z█")
	g.types("\x1b[A\x1b[A\x1b[A\x1b[A\x1b[A")
	g.awaits("↑ 2 more rows", "  ... a", "  ... a", "  ... a█", "  ... a", "↓ 4 more rows")
	g.types("b\r")
	g.awaits("  ... a", "  ... a", "  ... z", `got "a\na\na\na\nab\na\na\na\na\nz"`, "demo> █")
}

func TestResizeKeepsTheLine(t *testing.T) {
	g := newGlass(t, 30, 12)
	g.types("ok\r")
	g.awaits("demo> ok", `got "ok"`, "demo> █")
	line := "0123456789012345678901234567890123456789"
	g.types(line)
	g.awaits("demo> "+line[:24], line[24:]+"█")
	g.resize(50, 12)
	g.awaits("demo> ok", `got "ok"`, "demo> "+line+"█")
	g.types("xyz")
	g.awaits("demo> ok", `got "ok"`, "demo> "+line+"xyz█")
	g.resize(20, 12)
	g.awaits("demo> "+line[:14], line[14:34], line[34:]+"xyz█")
	g.types("\r")
	g.until("show what was read", func(s string) bool { return strings.Contains(s, `got "0123456789`) })
}

func TestTerminalOfWidthZero(t *testing.T) {
	g := newGlass(t, 0, 0)
	g.types("size\r")
	g.awaits("demo> size", `got "size"`, "80 24", "demo> █")
}

func TestCtrlCDropsTheInput(t *testing.T) {
	g := newGlass(t, 60, 24)
	g.types("half\x03")
	g.awaits("demo> half^C", "error: interrupted", "demo> █")
	g.types("if true {\r1\r")
	g.awaits("demo> if true {", "  ... 1", "  ... █")
	g.types("\r2\r\x03") // a blank line goes on
	g.awaits("demo> if true {", "  ... 1", "  ...", "  ... 2", "  ... ^C", "error: interrupted", "demo> █")
	g.types("3\r")
	g.awaits(`got "3"`, "demo> █")
}

func TestInputOfManyLinesIsSentWhenWhole(t *testing.T) {
	g := newGlass(t, 60, 24)
	g.types("f(\r1)\r")
	g.awaits("demo> f(", "  ... 1)", `got "f(\n1)"`, "demo> █")
	g.types("1\x1b\r2\r") // Alt-Enter begins a line although the first is whole
	g.awaits("demo> 1", "  ... 2", `got "1\n2"`, "demo> █")
	g.types(")\r") // what is wrong is for the server to tell
	g.awaits(`got ")"`, "demo> █")
}

func TestHistoryRecallsWholeInputs(t *testing.T) {
	g := newGlass(t, 60, 30)
	g.types("first\r")
	g.awaits(`got "first"`, "demo> █")
	g.types("\x1b[200~g(`⏎\r\t\x07\u202e`)\x1b[201~")
	g.awaits("demo> g(`⏎", "  ...     \\x07\\u202e`)█")
	g.types("\r")
	g.awaits("got \"g(`⏎\\n\\t\\a\\u202e`)\"", "demo> █")
	g.types("new\x1b[A")
	g.awaits("demo> g(`⏎", "  ...     \\x07\\u202e`)█")
	g.types("\x1b[A")
	g.until("have the cursor in the first line", func(s string) bool { return strings.HasSuffix(s, "demo> g(`⏎█\n  ...     \\x07\\u202e`)") })
	g.types("\x1b[A")
	g.awaits("demo> first█")
	g.types("\x1b[B\x1b[B")
	g.awaits("demo> new█")
	g.types("\x10\r")
	g.awaits("got \"g(`⏎\\n\\t\\a\\u202e`)\"", "demo> █")
}

func TestSearchFindsInTheHistory(t *testing.T) {
	g := newGlass(t, 60, 30)
	g.types("People.Count()\r")
	g.awaits(`got "People.Count()"`, "demo> █")
	g.types("Invoices.Count()\r")
	g.awaits(`got "Invoices.Count()"`, "demo> █")
	g.types("\x12Count")
	g.awaits(`search "Count": Invoices.█Count()`)
	g.types("\x12")
	g.awaits(`search "Count": People.█Count()`)
	g.types("x")
	g.awaits(`no line with "Countx" (Ctrl-C goes back): People.█Count()`)
	g.types("\x03")
	g.awaits("demo> █")
	g.types("\x12Peo\x1b[C")
	g.awaits("demo> P█eople.Count()")
	g.types("\r")
	g.awaits(`got "People.Count()"`, "demo> █")
}

func TestForgottenInputsCannotBeRecalled(t *testing.T) {
	g := newGlass(t, 60, 30)
	g.types("open\r")
	g.awaits(`got "open"`, "demo> █")
	g.types("secret(1)\r")
	g.awaits(`got "secret(1)"`, "demo> █")
	g.types("secret two\x15forget\r")
	g.awaits("demo> forget", `got "forget"`, "demo> █")
	g.types("\x19>\x1b[A")
	g.awaits("demo> open█")
	g.types("\x1b[A\x12secret")
	g.awaits(`no line with "secret" (Ctrl-C goes back): open█`)
}

func TestPromptChangesWhileOneTypes(t *testing.T) {
	g := newGlass(t, 60, 24)
	g.types("abc\x1b[D")
	g.awaits("demo> ab█c")
	g.order("prompt demo DECRYPTED 14:52> ")
	g.awaits("demo DECRYPTED 14:52> ab█c")
	g.types("x\r")
	g.awaits("demo DECRYPTED 14:52> abxc", `got "abxc"`, "demo> █")
}

func TestWarningIsWrittenAboveTheLine(t *testing.T) {
	g := newGlass(t, 20, 24)
	g.types("0123456789012345678")
	g.awaits("demo> 01234567890123", "45678█")
	g.order("print one minute left")
	g.awaits("one minute left", "demo> 01234567890123", "45678█")
	g.types("x")
	g.awaits("one minute left", "demo> 01234567890123", "45678x█")
}

func TestAbandonedInputIsGone(t *testing.T) {
	g := newGlass(t, 60, 24)
	g.types("something sec")
	g.awaits("demo> something sec█")
	g.order("abandon")
	g.awaits("dropped", "█")
	g.until("hide what was dropped", func(screen string) bool { return !strings.Contains(screen, "something") })
	g.types("ret\r") // the tail of it
	g.awaits("dropped", "swallowed", "demo> █")
	g.types("next\r")
	g.awaits(`got "next"`, "demo> █")
	g.order("abandon") // nothing was typed: there is no tail
	g.awaits("error: input abandoned", "demo> █")
}

func TestTailOfADroppedLineEndsWithAPause(t *testing.T) {
	g := newGlass(t, 60, 24)
	g.types("something sec")
	g.awaits("demo> something sec█")
	g.order("abandon")
	g.awaits("dropped", "█")
	g.types("ret\x1b[200~a\rb\r\x1b[201~c") // an Enter within a paste is none
	g.awaits("dropped", "swallowed", "demo> █")
	g.types("next\r")
	g.awaits(`got "next"`, "demo> █")
}

func TestCtrlCStopsEachCommand(t *testing.T) {
	g := newGlass(t, 60, 40)
	for range 3 {
		g.types("run\r")
		g.awaits(`got "run"`, "running", "█")
		g.types("\x03")
		g.awaits("interrupted", "demo> █")
	}
	g.types("run\r\x03") // so early that no signal came of it
	g.awaits("interrupted", "demo> █")
	g.types("run\r")
	g.awaits("running", "█")
	g.types("\x03typed\r ahead")
	g.awaits("interrupted", "demo> typed", `got "typed"`, "demo>  ahead█")
}

func TestQuestionIsNotAnsweredByWhatWasTypedBefore(t *testing.T) {
	g := newGlass(t, 60, 24)
	g.types("ask\ryes\r")
	g.awaits(`got "ask"`, "why? █")
	g.types("\x1b[A\t\x1b[200~https://example.com/1\r\x1b[201~")
	g.awaits("why? https://example.com/1█")
	g.types("\r")
	g.awaits(`answer "https://example.com/1" <nil>`, "demo> █")
	g.types("ask\r")
	g.awaits("why? █")
	g.types("no\x03")
	g.awaits("why? no^C", `answer "" interrupted`, "demo> █")
	g.types("ask\r")
	g.awaits("why? █")
	g.order("cancel")
	g.awaits("why?", `answer "" context canceled`, "demo> █")
}

func TestTabCompletes(t *testing.T) {
	g := newGlass(t, 60, 30)
	g.types("Inv\t")
	g.awaits("demo> Invoices█")
	g.types("\x15Pe\t")
	g.awaits("demo> Pe█")
	g.types("\t")
	g.awaits("People   *shell.Repo[models.Person]", "Persons  an alias", "demo> Pe█")
	g.types("o\t.Find(\t")
	g.awaits("Find(id any) models.Person", "demo> People.Find(█")
	g.types("slow\tx")
	g.awaits("demo> People.Find(slowx█")
	g.types("\x15b\t\t!")
	g.awaits("demo> b!█")
}
