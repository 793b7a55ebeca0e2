package console

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

const (
	utcZone    = " UTC"
	minuteForm = "2006-01-02 15:04"
)

// timeForm is how the times of one column are written: all to the same digit, and days alone if they are nothing else.
// It is empty where the values are not all times.
func timeForm(values []*wire.Value) string {
	days, fraction, found := true, 0, false
	for _, v := range values {
		if v.Kind == wire.KindNil {
			continue
		}
		if v.Kind != wire.KindTime {
			return ""
		}
		t := timeOf(v)
		if t.IsZero() {
			continue
		}
		found = true
		_, offset := t.Zone()
		days = days && offset == 0 && t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0 && t.Nanosecond() == 0
		for n := t.Nanosecond(); n%tenTo(9-fraction) != 0; {
			fraction += 3
		}
	}
	switch {
	case !found:
		return ""
	case days:
		return time.DateOnly
	case fraction > 0:
		return time.DateTime + "." + strings.Repeat("0", fraction)
	default:
		return time.DateTime
	}
}

// tenTo is ten to the n.
func tenTo(n int) int {
	power := 1
	for range n {
		power *= 10
	}
	return power
}

// zoned is a time in the form of its column, in its own zone.
func zoned(t time.Time, form string) string {
	if _, offset := t.Zone(); offset != 0 {
		return t.Format(form + " -07:00")
	}
	if form == time.DateOnly {
		return t.Format(form)
	}
	return t.Format(form) + utcZone
}

// fillTimes writes the cells of a column of times: to the second, unless only what is smaller tells them apart.
func (p *pillar) fillTimes(values []*wire.Value) {
	form := timeForm(values)
	if form == "" {
		return
	}
	p.form, p.times = form, slices.Clone(values)
	zones := 0
	for _, v := range values {
		if _, offset := timeOf(v).Zone(); v.Kind == wire.KindTime && !timeOf(v).IsZero() && offset != 0 {
			zones++
		}
	}
	p.utc = form != time.DateOnly && zones == 0
	p.write(form, zoned)
	if len(form) > len(time.DateTime) {
		p.coarsen(time.DateTime, zoned)
	}
}

// write writes the times in a form.
func (p *pillar) write(form string, as func(time.Time, string) string) {
	p.form = form
	for row, v := range p.times {
		if v.Kind == wire.KindTime && !timeOf(v).IsZero() {
			shown := &p.cells[row]
			shown.text = as(timeOf(v), form)
			shown.wide = width(shown.text)
		}
	}
}

// coarsen writes the times in a shorter form, and reports whether it did: not where all would be the same then.
func (p *pillar) coarsen(form string, as func(time.Time, string) string) bool {
	if len(p.form) < len(form) {
		return false
	}
	before, after := make(map[string]bool), make(map[string]bool)
	for row, v := range p.times {
		if v.Kind == wire.KindTime && !timeOf(v).IsZero() {
			before[p.cells[row].text], after[as(timeOf(v), form)] = true, true
		}
	}
	if len(after) == 1 && len(before) > 1 {
		return false
	}
	p.write(form, as)
	p.measure()
	return true
}

// utcTimes writes the times that are all in UTC in a form, without their zone, and reports whether there are such.
func utcTimes(pillars []pillar, form string) bool {
	found := false
	for i := range pillars {
		if p := &pillars[i]; p.utc {
			to := form
			if to == "" {
				to = p.form
			}
			found = p.coarsen(to, time.Time.Format) || found
		}
	}
	return found
}

// lasting is a duration as it is written wherever one is shown: to three digits below a minute, to the second from there.
func lasting(d time.Duration) string {
	if d < 0 {
		if d == -d {
			return d.String() // the smallest has no opposite
		}
		return "-" + lasting(-d)
	}
	digits := func(unit time.Duration, name string) string {
		n, places := float64(d)/float64(unit), 0
		for scale := 100.0; places < 2 && n < scale; scale /= 10 {
			places++
		}
		s := strconv.FormatFloat(n, 'f', places, 64)
		if strings.Contains(s, ".") {
			s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
		}
		return s + " " + name
	}
	switch {
	case d == 0:
		return "0 s"
	case d < time.Microsecond:
		return digits(time.Nanosecond, "ns")
	case d < time.Millisecond:
		return digits(time.Microsecond, "µs")
	case d < time.Second:
		return digits(time.Millisecond, "ms")
	case d < time.Minute:
		return digits(time.Second, "s")
	}
	var words []string
	d = d.Round(time.Second)
	for _, unit := range []struct {
		of   time.Duration
		name string
	}{{time.Hour, "h"}, {time.Minute, "min"}, {time.Second, "s"}} {
		if n := d / unit.of; n > 0 {
			words = append(words, strconv.FormatInt(int64(n), 10)+" "+unit.name)
		}
		d %= unit.of
	}
	return strings.Join(words, " ")
}
