package shell

// Mode says whether sealed columns can open.
type Mode string

// The modes of a session. A decrypted period is the time a session spends in Decrypted.
const (
	Encrypted Mode = "encrypted"
	Decrypted Mode = "decrypted"
)
