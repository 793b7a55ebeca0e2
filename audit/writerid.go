package audit

import (
	"errors"
	"fmt"
	"time"

	"github.com/oklog/ulid/v2"
)

// A WriterID names a writer and its chain. Its bytes are those of a ULID, so ids sort by the time they were made.
type WriterID [16]byte

func (w WriterID) String() string { return ulid.ULID(w).String() }

// ParseWriterID reads what String prints.
func ParseWriterID(s string) (WriterID, error) {
	u, err := ulid.ParseStrict(s)
	if err != nil {
		return WriterID{}, fmt.Errorf("writer %q: %w", s, err)
	}
	return WriterID(u), nil
}

// nextWriterID makes an id of now that is greater than newest, even if the clock went backwards.
func nextWriterID(now time.Time, newest WriterID) (WriterID, error) {
	u, err := ulid.New(ulid.Timestamp(now), ulid.DefaultEntropy())
	if err != nil {
		return WriterID{}, fmt.Errorf("make a writer's id: %w", err)
	}
	if u.Compare(ulid.ULID(newest)) > 0 {
		return WriterID(u), nil
	}
	for i := len(newest) - 1; i >= 0; i-- {
		newest[i]++
		if newest[i] != 0 {
			return newest, nil
		}
	}
	return WriterID{}, errors.New("no writer's id is left after the newest")
}

// validSession tells whether id is a ULID in its one spelling.
func validSession(id string) bool {
	u, err := ulid.ParseStrict(id)
	return err == nil && u.String() == id
}
