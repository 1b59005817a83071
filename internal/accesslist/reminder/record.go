package reminder

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"time"
)

const (
	// week is the least time between two reminders of an owner.
	week = 7 * 24 * time.Hour
	// maxRecord bounds a record, in bytes: some 5,000 owners.
	maxRecord = 512 << 10
	// recordVersion is that of the format.
	recordVersion = 1
)

// record is when each owner was reminded, by ownerID.
type record struct {
	Version int              `json:"version"`
	Owners  map[string]entry `json:"owners"`
}

// entry is what is kept of one owner, with times in Unix seconds.
type entry struct {
	// Last is when the last reminder was posted.
	Last int64 `json:"last,omitempty"`
	// Since is when the reminder was first claimed that is being posted, zero if none is. By
	// is who is about to post it, for the Tries-th time.
	Since int64  `json:"since,omitempty"`
	By    string `json:"by,omitempty"`
	Tries int    `json:"tries,omitempty"`
}

// isDue reports whether a reminder is to be posted, or one that was claimed to be settled.
func (e entry) isDue(now time.Time) bool { return e.Since != 0 || !e.matters(now) }

// matters reports whether the entry says something still. A time that is further ahead than
// the next reminder was written by a clock that was wrong.
func (e entry) matters(now time.Time) bool {
	return now.Sub(time.Unix(max(e.Last, e.Since), 0)).Abs() < week
}

// claimed returns the entry with a claim of a writer.
func (e entry) claimed(by string, now time.Time) entry {
	if e.Since == 0 {
		e.Since = now.Unix()
	}
	e.By, e.Tries = by, e.Tries+1
	return e
}

// posting is a reminder that is posted: when it was claimed first, and posted.
type posting struct{ since, at int64 }

// posted returns the entry once a reminder is posted.
func (e entry) posted(p posting) entry {
	e.Last = max(e.Last, p.at)
	if e.Since <= p.since {
		e.Since, e.By, e.Tries = 0, "", 0
	}
	return e
}

// ownerID is what stands for an owner in a record.
func ownerID(owner string) string {
	sum := sha256.Sum256([]byte(owner))
	return hex.EncodeToString(sum[:12])
}

// decode reads what matters of a record. One that cannot be read is empty: owners are reminded
// once more then.
func decode(text string, now time.Time) record {
	var r record
	if len(text) > maxRecord || json.Unmarshal([]byte(text), &r) != nil || r.Version != recordVersion {
		r = record{}
	}
	if r.Owners == nil {
		r.Owners = map[string]entry{}
	}
	maps.DeleteFunc(r.Owners, func(_ string, e entry) bool { return !e.matters(now) })
	return r
}

// errFull means that there is no room for another owner.
var errFull = errors.New("no more owners of access lists can be kept in mind: the others are reminded once a week has passed")

// encode writes a record. The error is errFull if it would not be read again.
func (r record) encode() (string, error) {
	r.Version = recordVersion
	// It holds only numbers and strings: it always encodes.
	encoded, err := json.Marshal(r)
	if err != nil {
		panic("record cannot be encoded: " + err.Error())
	}
	if len(encoded) > maxRecord {
		return "", errFull
	}
	return string(encoded), nil
}
