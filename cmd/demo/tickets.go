package demo

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"

	"go.yaml.in/yaml/v3"
)

//go:embed tickets.yaml
var ticketsYAML []byte

// A Ticket is a complaint that reached the person on call. What is behind it is in the database.
type Ticket struct {
	ID        string // OC-01
	Title     string
	Complaint string // in the customer's words
}

// Tickets are the demo's tickets, in their order.
func Tickets() ([]Ticket, error) {
	f, err := readTickets(ticketsYAML)
	if err != nil {
		return nil, err
	}
	tickets := make([]Ticket, 0, len(f.Tickets))
	for _, t := range f.Tickets {
		tickets = append(tickets, Ticket{ID: t.ID, Title: t.Title, Complaint: t.Complaint})
	}
	return tickets, nil
}

// ticketFile is tickets.yaml.
type ticketFile struct {
	Version int                    `yaml:"version"`
	Schema  map[string]tableSchema `yaml:"schema"`
	Tickets []struct {
		ID        string               `yaml:"id"`
		Title     string               `yaml:"title"`
		Complaint string               `yaml:"complaint"`
		Seed      map[string][]columns `yaml:"seed"`
	} `yaml:"tickets"`
}

// tableSchema is what tickets.yaml says of a table.
type tableSchema struct {
	Cols     []string          `yaml:"cols"` // * after a sealed one
	Defaults columns           `yaml:"defaults"`
	Subject  string            `yaml:"subject"`
	Index    map[string]string `yaml:"index"`
	Facts    map[string]string `yaml:"facts"`
}

// columns are a row as it is written: nodes, for 2026.40 must not become a number on its way.
type columns map[string]yaml.Node

func readTickets(text []byte) (ticketFile, error) {
	var f ticketFile
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(&f); err != nil {
		return ticketFile{}, fmt.Errorf("read the tickets: %w", err)
	}
	if err := d.Decode(new(any)); !errors.Is(err, io.EOF) {
		return ticketFile{}, errors.New("read the tickets: there is more than one document")
	}
	if f.Version != 1 {
		return ticketFile{}, fmt.Errorf("read the tickets: version %d is not 1", f.Version)
	}
	return f, nil
}
