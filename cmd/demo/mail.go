package demo

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vouchsafe/vouchsafe/crypto"
)

// imported is how long ago the last import was, before those of the tickets.
const imported = 180 * 24 * time.Hour

// addMessages gives everybody some mail and a few people a lot of it, in the order of time; a third of it answers the message before.
func (p *population) addMessages() {
	next := freeIDs(p.taken.messages, func(m Message) int64 { return m.ID })
	ages := make([]time.Duration, baseMessages)
	for i := range ages {
		f := p.dice.Float64()
		ages[i] = time.Hour + time.Duration(f*f*700*24*float64(time.Hour)).Truncate(time.Second)
	}
	slices.SortFunc(ages, func(a, b time.Duration) int { return int(b/time.Second - a/time.Second) })

	vocabulary := letter{topics: topics(), sentences: sentences()}
	p.rows.messages = make([]Message, 0, len(ages))
	for _, age := range ages {
		m := p.correspondent(age)
		p.rows.messages = append(p.rows.messages, p.message(next(), m, age, vocabulary))
		m.lastMessage = len(p.rows.messages)
	}
}

// correspondent is somebody who had signed up by then; a few write and receive most of the mail.
func (p *population) correspondent(age time.Duration) *member {
	f := p.dice.Float64()
	days := int(age / (24 * time.Hour))
	for {
		m := p.members[int(f*f*float64(len(p.members)))]
		if m.days > days {
			return m
		}
		f = p.dice.Float64() / 2 // people are in the order in which they came
	}
}

// A letter is what messages are made of.
type letter struct{ topics, sentences []string }

func (p *population) message(id int64, m *member, age time.Duration, of letter) Message {
	row := Message{
		ID: id, PersonID: m.id, Direction: "in", ContentType: "text/plain", Status: "sent",
		AppVersion: version(age), CreatedAt: p.now.Add(-age),
	}
	if age > imported {
		row.ImportBatch = m.batch
	}
	subject := pick(p, of.topics...)
	if m.lastMessage > 0 && p.dice.IntN(3) == 0 {
		before := p.rows.messages[m.lastMessage-1]
		row.ReplyToID = &before.ID
		subject = "Re: " + strings.TrimPrefix(m.lastSubject, "Re: ")
		if before.Direction == "in" {
			row.Direction = "out"
		}
	} else if p.dice.IntN(3) == 0 {
		row.Direction = "out"
	}
	m.lastSubject = subject

	sender, greeting, from := m.email, "Hello,", m.first
	if row.Direction == "in" {
		other := p.members[p.dice.IntN(len(p.members))]
		sender, greeting, from = other.email, "Dear "+m.first+",", other.first
		switch p.dice.IntN(25) {
		case 0:
			row.FilterRule = ptr("newsletter")
		case 1:
			row.FilterRule = ptr("receipts")
		}
	} else {
		row.AliasID = m.defaultID
		switch p.dice.IntN(100) {
		case 0, 1:
			row.Status = "bounced"
		case 2:
			row.Status = "queued"
		}
	}
	text := make([]string, 2+p.dice.IntN(5))
	for i := range text {
		text[i] = pick(p, of.sentences...)
	}
	body := fmt.Sprintf("%s\n\n%s\n\n%s\n", greeting, strings.Join(text, " "), from)
	if row.Direction == "in" && p.dice.IntN(4) == 0 {
		row.ContentType = "text/html"
		body = fmt.Sprintf("<p>%s</p>\n<p>%s</p>\n<p>%s</p>\n", greeting, strings.Join(text, " "), from)
	}
	row.SizeBytes = ptr(int64(len(body) + 700 + p.dice.IntN(900)))
	row.Sender, row.Subject, row.Body = crypto.Seal(sender), crypto.Seal(subject), crypto.Seal(body)
	return row
}

// version is that of the app when the message was handled, a release a week. The newest release is only on the tickets' rows.
func version(age time.Duration) string {
	week, year := 44-int(age/(7*24*time.Hour)), 2026
	for week < 1 {
		week, year = week+52, year-1
	}
	return fmt.Sprintf("%d.%02d", year, week)
}
