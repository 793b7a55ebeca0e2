// Package models are a shop's: between them they have whatever GORM can keep.
package models

import (
	"database/sql"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// Base is a part of other models.
type Base struct {
	ID        uint `gorm:"primaryKey"`
	CreatedAt time.Time
	UpdatedAt time.Time
	DeletedAt gorm.DeletedAt `gorm:"index"`
}

// Address stands in other models' tables.
type Address struct {
	Street string
	City   string
}

// Customer orders.
type Customer struct {
	Base
	Name     string
	Nickname *string
	Phone    sql.NullString
	Home     Address  `gorm:"embedded;embeddedPrefix:home_"`
	Work     *Address `gorm:"embedded;embeddedPrefix:work_"`
	Orders   []Order
}

// Order is what somebody bought.
type Order struct {
	gorm.Model
	CustomerID uint
	Customer   *Customer
	Lines      []OrderLine
	Tags       []*Tag `gorm:"many2many:orders_tags"`
	Status     Status
	Channel    Channel
	Total      Money
	Reference  UUID `gorm:"type:text"`
	Origin     JSON
	Labels     []string `gorm:"serializer:json"`
	Draft      string   `gorm:"-"`
	Paid       bool
	Weight     float64
	Parcels    uint8
	Signature  []byte
	ShippedAt  *time.Time
}

// Open tells whether something is still to be done.
func (o Order) Open() bool { return o.Status != StatusClosed }

// Close ends the order.
func (o *Order) Close() error {
	if !o.Open() {
		return ErrClosed
	}
	o.Status = StatusClosed
	return nil
}

// Title reads Name what Lines say.
func (o *Order) Title() string { return fmt.Sprintf("order %d, %d lines", o.ID, len(o.Lines)) }

// OrderLine has a key of two columns and a table of its own name.
type OrderLine struct {
	OrderID  uint   `gorm:"primaryKey;autoIncrement:false"`
	Position int    `gorm:"primaryKey;autoIncrement:false"`
	Article  string `gorm:"column:art"`
	Pieces   int
}

// TableName is not what GORM would make of the type's name.
func (OrderLine) TableName() string { return "shop_lines" }

// Tag has a key that is a text.
type Tag struct {
	Name   string   `gorm:"primaryKey"`
	Orders []*Order `gorm:"many2many:orders_tags"`
}

// Person has a plural of its own.
type Person struct {
	ID   UUID `gorm:"type:text"`
	Name string
}

// Equipment has no plural.
type Equipment struct {
	gorm.Model
	Name string
}

// BeforeCreate is a hook of GORM's.
func (e *Equipment) BeforeCreate(*gorm.DB) error {
	if e.Name == "" {
		return ErrNameless
	}
	return nil
}
