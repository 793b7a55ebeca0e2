package crypto

import (
	"fmt"
	"reflect"
	"slices"

	"gorm.io/gorm/schema"
)

// Table is what crypto must know of a model: which columns are sealed, whose they are, what may be told of them.
type Table struct {
	Name          string
	Model         string
	Keys          []string // the columns of the primary key, in order
	SubjectColumn string   // the column that holds the data subject's key; empty: the table has no subject
	SubjectType   string   // what stands before the slash in a subject: people
	Columns       []SealedColumn
}

// SealedColumn is one sealed column of a Table.
type SealedColumn struct {
	Column     Column // people.email
	Field      string // the model's field
	DBName     string // the column
	Text       bool   // envelopes are kept in their text form
	Bytes      bool   // the plaintext is bytes, not a text
	Index      string // the column of the blind index; empty: none
	IndexField string
	Norm       []string
	Facts      []FactRule
}

// Allows says whether a fact may be told of the column, and with which number.
func (c SealedColumn) Allows(fact string) (FactRule, bool) {
	if fact == FactDomainIs {
		fact = FactDomain
	}
	i := slices.IndexFunc(c.Facts, func(r FactRule) bool { return r.Name == fact })
	if i < 0 {
		return FactRule{}, false
	}
	return c.Facts[i], true
}

// Sealed is the sealed column that a column of the database is, if it is one.
func (t Table) Sealed(dbName string) (SealedColumn, bool) {
	i := slices.IndexFunc(t.Columns, func(c SealedColumn) bool { return c.DBName == dbName })
	if i < 0 {
		return SealedColumn{}, false
	}
	return t.Columns[i], true
}

// Describe reads what the tags of a model say. A table without sealed columns has no Columns. A tag that says something
// impossible is an error, and so is a sealed column in a table without a primary key.
func Describe(s *schema.Schema) (Table, error) {
	t := Table{Name: s.Table, Model: s.Name, Keys: slices.Clone(s.PrimaryFieldDBNames)}
	if !validTable(s.Table) {
		return t, fmt.Errorf("%s: %q cannot be the name of a table here", s.Name, s.Table)
	}
	for _, f := range s.Fields {
		text, tagged := f.Tag.Lookup("crypto")
		sealed := isSealedType(f.IndirectFieldType)
		if !tagged && !sealed {
			continue
		}
		where := func(err error) error { return fmt.Errorf("%s.%s: crypto tag: %w", s.Name, f.Name, err) }
		parsed, err := parseTag(text)
		if err != nil {
			return t, where(err)
		}
		if !sealed {
			if err := t.describeSubject(s, f, parsed); err != nil {
				return t, where(err)
			}
			continue
		}
		column, err := describeColumn(s, f, parsed)
		if err != nil {
			return t, where(err)
		}
		t.Columns = append(t.Columns, column)
	}
	if len(t.Columns) > 0 && len(t.Keys) == 0 {
		return t, fmt.Errorf("%s: a table with sealed columns needs a primary key", s.Name)
	}
	return t, t.checkIndexes(s)
}

func (t *Table) describeSubject(s *schema.Schema, f *schema.Field, parsed tag) error {
	switch {
	case !parsed.subject:
		return fmt.Errorf("the field is no crypto.String or crypto.Bytes")
	case f.DBName == "":
		return fmt.Errorf("the field has no column")
	case t.SubjectColumn != "":
		return fmt.Errorf("%s names the subject already", t.SubjectColumn)
	case parsed.subjectType == "" && (!f.PrimaryKey || len(s.PrimaryFields) != 1):
		return fmt.Errorf("only a primary key is its own subject (hint: subject=people)")
	}
	t.SubjectColumn, t.SubjectType = f.DBName, parsed.subjectType
	if t.SubjectType == "" {
		t.SubjectType = s.Table
	}
	return nil
}

func describeColumn(s *schema.Schema, f *schema.Field, parsed tag) (SealedColumn, error) {
	c := SealedColumn{Column: Column(s.Table + "." + f.DBName), Field: f.Name, DBName: f.DBName, Text: parsed.text,
		Bytes: f.IndirectFieldType == reflect.TypeFor[Bytes](), Norm: parsed.norm, Facts: parsed.facts}
	switch {
	case f.FieldType.Kind() == reflect.Pointer:
		return c, fmt.Errorf("a sealed column is no pointer: its zero value is NULL")
	case f.DBName == "" || !c.Column.valid():
		return c, fmt.Errorf("%q cannot be the name of a sealed column", string(c.Column))
	case parsed.subject:
		return c, fmt.Errorf("a sealed column cannot be a subject")
	case f.PrimaryKey:
		return c, fmt.Errorf("a sealed column cannot be a key")
	case f.HasDefaultValue:
		return c, fmt.Errorf("a sealed column cannot have a default")
	case f.Serializer != nil:
		return c, fmt.Errorf("a sealed column cannot have a serializer")
	case f.Unique || f.UniqueIndex != "":
		return c, fmt.Errorf("no two envelopes are equal: put the unique constraint on the index column")
	}
	if c.Bytes {
		if parsed.index != "" {
			return c, fmt.Errorf("a column of bytes has no blind index")
		}
		for _, r := range parsed.facts {
			if r.Name != FactPresent && r.Name != FactLen && r.Name != FactSame {
				return c, fmt.Errorf("fact %s is not one of bytes", r.Name)
			}
		}
	}
	if parsed.index != "" {
		field := s.FieldsByName[parsed.index]
		if field == nil || field.DBName == "" || field.FieldType != reflect.TypeFor[[]byte]() {
			return c, fmt.Errorf("index=%s: the model has no field %s []byte", parsed.index, parsed.index)
		}
		c.Index, c.IndexField = field.DBName, field.Name
	}
	return c, nil
}

// checkIndexes refuses one index column for two sealed ones.
func (t Table) checkIndexes(s *schema.Schema) error {
	used := map[string]string{}
	for _, c := range t.Columns {
		if c.Index == "" {
			continue
		}
		if other, ok := used[c.Index]; ok {
			return fmt.Errorf("%s: %s and %s have one index column", s.Name, other, c.Field)
		}
		used[c.Index] = c.Field
	}
	return nil
}

func isSealedType(t reflect.Type) bool {
	return t == reflect.TypeFor[String]() || t == reflect.TypeFor[Bytes]()
}
