package shell

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"sync"

	"gorm.io/gorm/schema"

	"github.com/vouchsafe/vouchsafe/crypto"
)

// Schema is what the server must know of an application's models. A worker's binary tells it once, before any typed
// code runs.
type Schema struct {
	App         string  `json:"app"`
	Environment string  `json:"environment"`
	Tables      []Table `json:"tables"`
	Topics      []Topic `json:"topics,omitempty"`
}

// Table is one model's table.
type Table struct {
	Name       string        `json:"name"`       // people
	Model      string        `json:"model"`      // Person
	Repository string        `json:"repository"` // People
	Keys       []string      `json:"keys"`       // the primary key's columns, in order
	Columns    []TableColumn `json:"columns"`
	Indexes    []TableIndex  `json:"indexes,omitempty"` // as the model declares them, in their order
	Sealed     *crypto.Table `json:"sealed,omitempty"`  // nil without sealed columns
}

// TableColumn is one column of a model's table.
type TableColumn struct {
	Name       string `json:"name"`
	Field      string `json:"field"`
	Type       string `json:"type"`                  // int, uint, float, bool, string, bytes, time
	AutoCreate string `json:"auto_create,omitempty"` // the unit of a time that GORM sets when a row is made: time, sec, milli, nano
	AutoUpdate string `json:"auto_update,omitempty"` // likewise when it is changed
	NotNull    bool   `json:"not_null,omitempty"`
}

// TableIndex is one index of a model's table.
type TableIndex struct {
	Name    string   `json:"name"`
	Columns []string `json:"columns"`
	Unique  bool     `json:"unique,omitempty"`
}

// Describe reads an application's models. It opens nothing.
func Describe(app App) (Schema, error) {
	if err := app.Check(); err != nil {
		return Schema{}, err
	}
	s := Schema{App: app.Name, Environment: app.Environment}
	var cache sync.Map
	for _, m := range app.Models {
		model, err := schema.Parse(newOf(m), &cache, schema.NamingStrategy{IdentifierMaxLength: 64})
		if err != nil {
			return Schema{}, fmt.Errorf("model %s: %w (vouchsafe generate --leave %s makes a console without it)", m.Type, err, m.Type.Name())
		}
		t := Table{Name: model.Table, Model: m.Type.Name(), Repository: m.Repository}
		for _, f := range model.PrimaryFields {
			t.Keys = append(t.Keys, f.DBName)
		}
		for _, f := range model.Fields {
			if model.FieldsByDBName[f.DBName] != f { // no column, or one that another field stands for
				continue
			}
			t.Columns = append(t.Columns, TableColumn{
				Name: f.DBName, Field: f.Name, Type: string(f.GORMDataType), NotNull: f.NotNull,
				AutoCreate: autoTime(f.AutoCreateTime), AutoUpdate: autoTime(f.AutoUpdateTime),
			})
		}
		for _, index := range model.ParseIndexes() {
			described := TableIndex{Name: index.Name, Unique: index.Class == "UNIQUE"}
			for _, f := range index.Fields {
				if f.Field != nil && f.DBName != "" {
					described.Columns = append(described.Columns, f.DBName)
				}
			}
			t.Indexes = append(t.Indexes, described)
		}
		sealed, err := crypto.Describe(model)
		if err != nil {
			return Schema{}, fmt.Errorf("model %s: %w", m.Type, err)
		}
		if len(sealed.Columns) > 0 {
			t.Sealed = &sealed
		}
		if other, ok := s.Table(t.Name); ok && (other.Sealed != nil || t.Sealed != nil) {
			return Schema{}, fmt.Errorf("models %s and %s share the table %s, which has sealed columns: only one of them may be in the console", other.Model, t.Model, t.Name)
		}
		s.Tables = append(s.Tables, t)
	}
	return s, nil
}

func autoTime(t schema.TimeType) string {
	switch t {
	case schema.UnixTime:
		return "time"
	case schema.UnixSecond:
		return "sec"
	case schema.UnixMillisecond:
		return "milli"
	case schema.UnixNanosecond:
		return "nano"
	}
	return ""
}

// Table finds a table by its name.
func (s Schema) Table(name string) (Table, bool) {
	for _, t := range s.Tables {
		if t.Name == name {
			return t, true
		}
	}
	return Table{}, false
}

// Column finds a column by its name.
func (t Table) Column(name string) (TableColumn, bool) {
	for _, c := range t.Columns {
		if c.Name == name {
			return c, true
		}
	}
	return TableColumn{}, false
}

// Digest is the SHA-256 of the schema, in hex.
func (s Schema) Digest() (string, error) {
	b, err := json.Marshal(s)
	if err != nil {
		return "", fmt.Errorf("schema digest: %w", err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}
