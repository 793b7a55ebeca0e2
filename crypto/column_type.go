package crypto

import (
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"
)

// columnType is the database's type of a sealed column, with a CHECK that refuses whatever does not begin as an envelope does. The
// CHECK is a guard against accidents, not a wall: who can write SQL can write those bytes too.
func columnType(db *gorm.DB, field *schema.Field) string {
	name := field.DBName
	tag, err := parseTag(field.Tag.Get("crypto"))
	text := err == nil && tag.text
	switch dialect := db.Dialector.Name(); {
	case dialect == "sqlite" && text:
		return "text CHECK (substr(" + quoted(name, '`') + ",1,7)='" + textPrefix + "')"
	case dialect == "sqlite":
		return "blob CHECK (typeof(" + quoted(name, '`') + ") IN ('blob','null') AND substr(" + quoted(name, '`') + ",1,2)=x'E101')"
	case dialect == "mysql" && text:
		return "longtext CHECK (LEFT(" + quoted(name, '`') + ",7)='" + textPrefix + "')"
	case dialect == "mysql":
		return "longblob CHECK (LEFT(" + quoted(name, '`') + ",2)=x'E101')"
	case dialect == "postgres" && text:
		return "text CHECK (left(" + quoted(name, '"') + ",7)='" + textPrefix + "')"
	case dialect == "postgres":
		return "bytea CHECK (substring(" + quoted(name, '"') + " from 1 for 2)='\\xE101'::bytea)"
	}
	return ""
}

func quoted(name string, mark rune) string {
	q := string(mark)
	return q + strings.ReplaceAll(name, q, q+q) + q
}
