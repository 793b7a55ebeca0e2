package models

import (
	"database/sql/driver"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"gorm.io/gorm"
)

// Status is an enum of numbers.
type Status int

const (
	StatusNew Status = iota
	StatusOpen
	StatusClosed
)

func (s Status) String() string { return [...]string{"new", "open", "closed"}[s] }

// Channel is an enum of texts.
type Channel string

const (
	ChannelWeb  Channel = "web"
	ChannelShop Channel = "shop"
)

// ChannelPhone is a constant but for its keyword.
var ChannelPhone = Channel("phone")

const (
	Currency = "EUR"
	MaxLines = 99
	Largest  = 18446744073709551615
	Huge     = 1 << 100
	Rate     = 0.19
	Comma    = ','
)

// ErrClosed is an error to compare with.
var ErrClosed = errors.New("the order is closed")

// ErrNameless refuses a thing without a name.
var ErrNameless = errors.New("a thing has a name")

// DB is what a console must not have.
var DB *gorm.DB

// First is generic.
func First[T any](list []T) T { return list[0] }

// Pair is generic.
type Pair[T any] struct{ ID, Left, Right T }

// Number is a constraint.
type Number interface{ ~int | ~float64 }

// Totals is the result of a query.
type Totals struct {
	Month string `gorm:"column:month"`
	Sum   Money  `gorm:"column:sum"`
}

// Request has an ID, and what no table has.
type Request struct {
	ID      int
	Headers map[string]string
}

// Money is an amount that a column holds as a text.
type Money struct {
	cents int64
	set   bool
}

// Euros makes an amount.
func Euros(euros, cents int64) Money { return Money{cents: euros*100 + cents, set: true} }

func (m Money) String() string { return fmt.Sprintf("%d.%02d", m.cents/100, m.cents%100) }

// Value is what the column holds.
func (m Money) Value() (driver.Value, error) {
	if !m.set {
		return nil, nil
	}
	return m.String(), nil
}

// Scan reads what the column holds.
func (m *Money) Scan(value any) error {
	text, ok := value.(string)
	if value == nil {
		*m = Money{}
		return nil
	}
	cents, err := strconv.ParseInt(strings.ReplaceAll(text, ".", ""), 10, 64)
	if !ok || err != nil {
		return fmt.Errorf("%v is no money", value)
	}
	*m = Money{cents: cents, set: true}
	return nil
}

// GormDataType is the column's type.
func (Money) GormDataType() string { return "string" }

// UUID is sixteen bytes that a column holds as a text.
type UUID [16]byte

func (u UUID) String() string { return hex.EncodeToString(u[:]) }

// Value is what the column holds.
func (u UUID) Value() (driver.Value, error) { return u.String(), nil }

// Scan reads what the column holds.
func (u *UUID) Scan(value any) error {
	text, _ := value.(string)
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != len(u) {
		return fmt.Errorf("%v is no UUID", value)
	}
	copy(u[:], b)
	return nil
}

// JSON is a column of JSON.
type JSON map[string]any

// Value is what the column holds.
func (j JSON) Value() (driver.Value, error) {
	b, err := json.Marshal(map[string]any(j))
	return string(b), err
}

// Scan reads what the column holds.
func (j *JSON) Scan(value any) error {
	switch v := value.(type) {
	case string:
		return json.Unmarshal([]byte(v), (*map[string]any)(j))
	case []byte:
		return json.Unmarshal(v, (*map[string]any)(j))
	}
	return nil
}

// GormDataType is the column's type.
func (JSON) GormDataType() string { return "text" }
