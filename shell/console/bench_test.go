package console

import (
	"fmt"
	"testing"
	"time"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

func BenchmarkTable10k(b *testing.B) {
	v := wire.Value{Kind: wire.KindList}
	when := time.Date(2026, 11, 20, 14, 3, 7, 0, time.UTC)
	for i := range 10_000 {
		key := fmt.Sprintf("people/%d", i)
		v.Items = append(v.Items, structOf("Person", "ID", number(int64(i)), "Name", text(fmt.Sprintf("Ines Halloran the %dth", i)),
			"Email", sealedIn("people.email", key, key), "Plan", text("pro"), "City", text("大阪"), "Balance", fraction(float64(i)/8),
			"Active", truth(i%2 == 0), "SeenAt", at(when.Add(time.Duration(i)*time.Second))))
	}
	s := Screen{Width: 120, Height: 40, Color: true, Limit: 64 << 20}
	b.ReportAllocs()
	for b.Loop() {
		s.Value(&v)
	}
}
