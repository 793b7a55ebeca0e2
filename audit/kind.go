package audit

// The kinds of entries.
const (
	KindServerStarted  Kind = "server-started"
	KindSessionOpened  Kind = "session-opened"
	KindRefused        Kind = "refused"
	KindIntent         Kind = "intent"
	KindFlag           Kind = "flag"
	KindStatement      Kind = "statement"
	KindDisclosure     Kind = "disclosure"
	KindFact           Kind = "fact"
	KindOutcome        Kind = "outcome"
	KindQuestion       Kind = "question"
	KindAnswer         Kind = "answer"
	KindWorkerReplaced Kind = "worker-replaced"
	KindConsent        Kind = "consent"
	KindModeChange     Kind = "mode-change"
	KindSessionClosed  Kind = "session-closed"
	KindView           Kind = "view"
)

func (ServerStarted) kind() Kind  { return KindServerStarted }
func (SessionOpened) kind() Kind  { return KindSessionOpened }
func (Refused) kind() Kind        { return KindRefused }
func (Intent) kind() Kind         { return KindIntent }
func (Flag) kind() Kind           { return KindFlag }
func (Statement) kind() Kind      { return KindStatement }
func (Disclosure) kind() Kind     { return KindDisclosure }
func (Fact) kind() Kind           { return KindFact }
func (Outcome) kind() Kind        { return KindOutcome }
func (Question) kind() Kind       { return KindQuestion }
func (Answer) kind() Kind         { return KindAnswer }
func (WorkerReplaced) kind() Kind { return KindWorkerReplaced }
func (Consent) kind() Kind        { return KindConsent }
func (ModeChange) kind() Kind     { return KindModeChange }
func (SessionClosed) kind() Kind  { return KindSessionClosed }
func (View) kind() Kind           { return KindView }
