package demo

import (
	"fmt"
	"strings"

	"github.com/vouchsafe/vouchsafe/shell"
)

// cards is where the company keeps its on-call cards: a ticket's id behind it justifies a session.
const cards = "https://oncall.example/cards/"

// lastTicket is the newest ticket, the one that a first session is offered.
const lastTicket = "OC-20"

// pages are the demo's pages of .help: the tickets, so that a newcomer has something real to solve.
func pages() ([]shell.Topic, error) {
	tickets, err := Tickets()
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	b.WriteString("Each is a complaint that reached the person on call. What is behind it is in the database; most of it can be found without opening anything. A session for one of them is justified by its card: " + cards + "OC-01. One of them alone: .help tickets OC-01\n")
	for _, t := range tickets {
		fmt.Fprintf(&b, "\n%s %s\n       %s\n", t.ID, t.Title, strings.TrimSpace(t.Complaint))
	}
	return []shell.Topic{{Name: "tickets", Title: "the on-call tickets: something to solve", Text: b.String()}}, nil
}
