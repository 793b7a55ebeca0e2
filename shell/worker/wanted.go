package worker

import (
	"context"
	"reflect"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"

	"github.com/vouchsafe/vouchsafe/crypto"
)

// want says what a column's destination is. A database/sql driver cannot see destinations, so a GORM callback looks at
// them first and tells it by context.
type want uint8

const (
	wantPlain  want = iota // a string, an any, or unknown
	wantSealed             // a crypto.String or crypto.Bytes
	wantBytes              // a []byte
)

// wanted is what each column of a result lands in.
type wanted struct {
	all     want // every column, where the destination is no struct
	columns map[string]want
}

type wantedKey struct{}

func wantedOf(ctx context.Context) wanted {
	w, _ := ctx.Value(wantedKey{}).(wanted)
	return w
}

func (w wanted) of(column string) want {
	if w.columns == nil {
		return w.all
	}
	return w.columns[column]
}

// lookAhead is the callback before a query: it sees where the rows will land.
func lookAhead(db *gorm.DB) {
	if db.Error != nil || db.Statement.Dest == nil {
		return
	}
	w, ok := destination(db, reflect.TypeOf(db.Statement.Dest))
	if ok {
		db.Statement.Context = context.WithValue(db.Statement.Context, wantedKey{}, w)
	}
}

func destination(db *gorm.DB, t reflect.Type) (wanted, bool) {
	for t.Kind() == reflect.Pointer || ((t.Kind() == reflect.Slice || t.Kind() == reflect.Array) && t != bytesType) {
		t = t.Elem()
	}
	if w := wantOf(t); w != wantPlain {
		return wanted{all: w}, true
	}
	if t.Kind() != reflect.Struct {
		return wanted{}, false
	}
	statement := &gorm.Statement{DB: db}
	if err := statement.Parse(reflect.New(t).Interface()); err != nil {
		return wanted{}, false // GORM itself says what is wrong with it
	}
	w := wanted{columns: map[string]want{}}
	w.add(statement.Schema, "", 2)
	return w, true
}

// add adds a model's columns, and those of its relations, which a join returns as Relation__column.
func (w wanted) add(s *schema.Schema, prefix string, depth int) {
	for _, f := range s.Fields {
		if f.DBName != "" {
			w.columns[prefix+f.DBName] = wantOf(f.IndirectFieldType)
		}
	}
	if depth == 0 {
		return
	}
	for name, relation := range s.Relationships.Relations {
		w.add(relation.FieldSchema, prefix+name+"__", depth-1)
	}
}

var (
	bytesType       = reflect.TypeFor[[]byte]()
	sealedTextType  = reflect.TypeFor[crypto.String]()
	sealedBytesType = reflect.TypeFor[crypto.Bytes]()
)

func wantOf(t reflect.Type) want {
	switch t {
	case sealedTextType, sealedBytesType:
		return wantSealed
	case bytesType:
		return wantBytes
	}
	return wantPlain
}
