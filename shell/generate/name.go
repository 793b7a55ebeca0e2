package generate

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"gorm.io/gorm/schema"
)

// reserved are the names that mean something else in the console or in the file.
func reserved() []string {
	return []string{
		"console", "crypto", "gorm", "db", "shell", "reflect", "constant", "token", "main", "os", "net", "http", "exec", "unsafe", "runtime", "syscall", "sql", "slices", "maps", "cmp", "iter",
		"bytes", "context", "sha256", "base64", "csv", "hex", "json", "errors", "fmt", "html", "io", "math", "big", "rand", "url", "path", "regexp",
		"sort", "strconv", "strings", "sync", "tabwriter", "time", "unicode", "utf8",
	}
}

// namePackages gives each package a name that no other has: its own, or one with what tells its path from the others'.
func namePackages(packages []*pack) {
	same := map[string][]*pack{}
	for _, p := range packages {
		same[p.name] = append(same[p.name], p)
	}
	taken := map[string]bool{}
	for _, name := range reserved() {
		taken[name] = true
	}
	for _, p := range packages {
		if len(same[p.name]) == 1 && !taken[p.name] {
			p.called, p.word = p.name, capital(p.name)
			taken[p.called] = true
		}
	}
	for _, p := range packages {
		if p.called != "" {
			continue
		}
		word := distinct(p, same[p.name])
		p.word, p.called = capital(word), strings.ToLower(word)+p.name
		for n := 2; taken[p.called]; n++ {
			p.word, p.called = fmt.Sprintf("%s%d", capital(word), n), fmt.Sprintf("%s%s%d", strings.ToLower(word), p.name, n)
		}
		taken[p.called] = true
	}
}

// distinct is the element of a package's path, from its end, that the paths of the others do not have there.
func distinct(p *pack, others []*pack) string {
	mine := elements(p)
	for n := range mine {
		differs := mine[n] != ""
		for _, other := range others {
			theirs := elements(other)
			if other != p && n < len(theirs) && theirs[n] == mine[n] {
				differs = false
			}
		}
		if differs {
			return mine[n]
		}
	}
	return p.name
}

// elements are the words of a package's path from its end, without the package's own name and without versions.
func elements(p *pack) []string {
	var words []string
	for _, element := range strings.Split(p.path, "/") {
		word := letters(element)
		isVersion := strings.HasPrefix(element, "v") && element != "v" && strings.Trim(element[1:], "0123456789") == ""
		if isVersion || word == "" || !unicode.IsLetter([]rune(word)[0]) {
			continue
		}
		words = append(words, word)
	}
	slices.Reverse(words)
	if len(words) > 0 && words[0] == letters(p.name) {
		words = words[1:]
	}
	return words
}

// nameRepositories names the repository of each model and returns the models in the order of these names.
func nameRepositories(packages []*pack) []*model {
	var models []*model
	perName := map[string]int{}
	for _, p := range packages {
		for _, m := range p.models {
			models = append(models, m)
			perName[m.object.Name()]++
		}
	}
	taken := map[string]bool{"Table": true, "Row": true, "ErrNoRow": true}
	for name := range perName {
		taken[name] = true
	}
	for _, m := range models {
		name := m.object.Name()
		m.repository = plural(name)
		if perName[name] > 1 {
			m.repository = m.pack.word + m.repository
		}
		if taken[m.repository] {
			m.repository = strings.TrimSuffix(m.repository, plural(name)) + name + "Rows"
		}
		for stem, n := m.repository, 2; taken[m.repository]; n++ {
			m.repository = fmt.Sprintf("%s%d", stem, n)
		}
		taken[m.repository] = true
	}
	slices.SortFunc(models, func(a, b *model) int { return strings.Compare(a.repository, b.repository) })
	return models
}

// plural is the plural of a type's name, by the rules with which GORM names tables.
func plural(name string) string {
	start := lastWord(name)
	word := name[start:]
	many := schema.NamingStrategy{NoLowerCase: true}.TableName(strings.ToLower(word))
	if rest, ok := strings.CutPrefix(many, strings.ToLower(word)); ok {
		return name + rest
	}
	return name[:start] + capital(many)
}

// lastWord is where the last word of a name in camel case begins.
func lastWord(name string) int {
	start := 0
	var before rune
	for n, r := range name {
		next := rune(0)
		if rest := []rune(name[n:]); len(rest) > 1 {
			next = rest[1]
		}
		if unicode.IsUpper(r) && (!unicode.IsUpper(before) || unicode.IsLower(next)) {
			start = n
		}
		before = r
	}
	return start
}

func capital(word string) string {
	runes := []rune(letters(word))
	if len(runes) == 0 {
		return ""
	}
	runes[0] = unicode.ToUpper(runes[0])
	return string(runes)
}

// letters are the letters and digits of a word: what an identifier may have of it.
func letters(word string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, word)
}
