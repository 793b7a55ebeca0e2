package crypto

import (
	"fmt"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// PluginName is the name under which a *gorm.DB knows who looks up sealed values.
const PluginName = "vouchsafe:crypto"

// Equal is a condition on a sealed column: its text, normalised as the column's tag says, equals this one. It is looked up by the
// blind index. It prints without the text.
type Equal struct {
	Column Column
	text   func() string
}

// Eq makes a condition for Where and By: People.By(crypto.Eq("people.email", "dana@fjord.example")).
func Eq(column Column, text string) Equal { return Equal{column, hide(text)} }

// Text is what the column is compared with.
func (e Equal) Text() string {
	if e.text == nil {
		return ""
	}
	return e.text()
}

// String names the condition without its text.
func (e Equal) String() string { return string(e.Column) + " = ‹…›" }

// Format keeps the text out of every way of printing.
func (e Equal) Format(f fmt.State, verb rune) { write(f, verb, e.String()) }

// A Finder turns an Equal into SQL. The plugin of a *gorm.DB named PluginName is asked for it: NewPlugin's in an application,
// another one where there is no key.
type Finder interface {
	BuildEqual(stmt *gorm.Statement, e Equal)
}

// Build implements clause.Expression.
func (e Equal) Build(builder clause.Builder) {
	stmt, ok := builder.(*gorm.Statement)
	if !ok {
		builder.AddError(fmt.Errorf("%s: crypto.Eq works in a statement of GORM only", e.Column))
		builder.WriteString("1 = 0")
		return
	}
	finder, ok := stmt.DB.Config.Plugins[PluginName].(Finder)
	if !ok {
		stmt.AddError(fmt.Errorf("%s: crypto.Eq needs a keyring (hint: db.Use(crypto.NewPlugin(keyring)))", e.Column))
		stmt.WriteString("1 = 0")
		return
	}
	finder.BuildEqual(stmt, e)
}
