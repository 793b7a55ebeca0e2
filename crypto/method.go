package crypto

// Method is what a compiled method cannot tell of itself: the names of its parameters, and in one line what it is for.
type Method struct {
	Name       string
	Parameters []string
	Says       string
}

// Methods are those of String that a person types in a console, the most useful first. Bytes has some of them.
func Methods() []Method {
	return []Method{
		{"Open", nil, "the plaintext; needs consent"},
		{"Present", nil, "neither NULL nor empty; a fact"},
		{"Len", nil, "how long it is; a fact"},
		{"Domain", nil, "what follows the last @; a fact"},
		{"DomainIs", []string{"domain"}, "whether the domain is this one; a fact"},
		{"Is", []string{"text"}, "whether it is exactly this text; a fact"},
		{"Same", []string{"other"}, "whether both are the same; a fact"},
		{"Prefix", []string{"n"}, "the first n letters, at most 4; a fact"},
		{"Traits", nil, "what the eye does not see; a fact"},
		{"Null", nil, "whether it is NULL"},
		{"Reference", nil, "which value it is: column, subject, row"},
		{"String", nil, "how it prints: never plaintext while sealed"},
	}
}

// Parameters are the names of the parameters of this package's functions that typed code calls.
func Parameters() map[string][]string {
	return map[string][]string{"Seal": {"text"}, "SealBytes": {"bytes"}, "Eq": {"column", "text"}}
}
