package record

import (
	"encoding/json"
	"errors"
	"slices"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// Bounds of what is read and written.
const (
	// maxText is far beyond what a record needs.
	maxText = 256 << 10
	// maxEntries bounds the recipients of one request.
	maxEntries = 512
	maxStrays  = 8
	maxOld     = 4
	// maxCredited bounds the reviewers who have decided in chat.
	maxCredited = 32
	// maxID bounds ids of addresses, references, keys and names.
	maxID = 512
	// maxCount bounds counts of reviews and replies.
	maxCount = 10_000
	// maxGen keeps generations far from overflow.
	maxGen = 1 << 52
	// maxTime is the end of the year 9999.
	maxTime = 253_402_300_799
)

// errDamaged means that a part of a record was lost.
var errDamaged = errors.New("record is damaged")

// stored is a record as it is read: whatever may be of a wrong type is read by itself.
type stored struct {
	Version  int                        `json:"v"`
	Owner    *Owner                     `json:"own"`
	Closed   bool                       `json:"closed"`
	Damaged  bool                       `json:"bad"`
	State    accessrequest.State        `json:"state"`
	Reviews  int64                      `json:"reviews"`
	Expires  int64                      `json:"exp"`
	Access   int64                      `json:"acc"`
	Summary  json.RawMessage            `json:"req"`
	Messages map[string]json.RawMessage `json:"to"`
	Credited json.RawMessage            `json:"here"`
}

// storedEntry is an entry as it is read, with the fields of both versions.
type storedEntry struct {
	storedClaims
	Addressee
	As      string   `json:"as"`
	Ref     string   `json:"ref"`
	Strays  []string `json:"more"`
	Old     []string `json:"old"`
	Shown   string   `json:"shown"`
	Adopted bool     `json:"adopted"`
	Replies int64    `json:"replies"`
	Noted   int64    `json:"noted"`
}

// storedClaims are the claims of an entry.
type storedClaims struct {
	firstClaim
	Make *Claim `json:"make"`
	Edit *Claim `json:"edit"`
}

// firstClaim is the one claim that an entry of the first version had, among its fields.
type firstClaim struct {
	Intent string `json:"intent"`
	By     string `json:"by"`
	Since  int64  `json:"since"`
	Turn   int64  `json:"turn"`
}

// Decode reads a record, "" for none. An error says that a part of it was lost; the
// record is usable all the same and marked as damaged.
func Decode(text string) (Record, error) {
	if text == "" {
		return Record{}, nil
	}
	var s stored
	if len(text) > maxText || json.Unmarshal([]byte(text), &s) != nil || s.Version < 0 {
		return Record{Status: Damaged}, errDamaged
	}
	r := Record{
		Version:       s.Version,
		Owner:         s.Owner,
		Status:        s.status(),
		Mark:          Mark{State: knownState(s.State), Reviews: int(within(s.Reviews, maxCount))},
		Expires:       within(s.Expires, maxTime),
		AccessExpires: within(s.Access, maxTime),
		Summary:       decodeSummary(s.Summary),
		Credited:      decodeCredited(s.Credited),
	}
	// No notifier writes what cannot be: such a record is not one of ours.
	lost := decodeEntries(&r, s.Messages) || min(s.Reviews, s.Expires, s.Access) < 0
	if o := r.Owner; o != nil && (tooLong(o.Installation) || tooLong(o.Messenger) || tooLong(o.Workspace) || tooLong(o.Bot)) {
		r.Owner, lost = nil, true
	}
	if lost {
		// What is missing may have been shown anything.
		r.Status = Damaged
		return r, errDamaged
	}
	return r, nil
}

// Fits reports whether an encoded record is within the bounds of what is read. One that is not
// must not be stored: whoever read it would take it for damaged, and know less of it.
func Fits(text string) bool {
	_, err := Decode(text)
	return err == nil
}

// status is what the flags say. Only a final state can be closed.
func (s *stored) status() Status {
	state := knownState(s.State)
	switch {
	case s.Damaged:
		return Damaged
	case s.Closed && state != "" && state.Resolved():
		return Closed
	default:
		return Open
	}
}

func decodeSummary(raw json.RawMessage) *Summary {
	var s *Summary
	if len(raw) == 0 || json.Unmarshal(raw, &s) != nil || s == nil {
		return nil
	}
	return s.bounded()
}

// decodeCredited reads names, none from what no notifier writes: they are only words to readers.
func decodeCredited(raw json.RawMessage) []string {
	var names []string
	if len(raw) == 0 || json.Unmarshal(raw, &names) != nil || len(names) > maxCredited || slices.ContainsFunc(names, tooLong) {
		return nil
	}
	return names
}

// decodeEntries reads the entries of a record and reports whether any was lost.
func decodeEntries(r *Record, raw map[string]json.RawMessage) (lost bool) {
	r.To = make(map[string]Entry, min(len(raw), maxEntries))
	if len(raw) > maxEntries {
		return true
	}
	for id, text := range raw {
		var s storedEntry
		if id == "" || tooLong(id) || string(text) == "null" || json.Unmarshal(text, &s) != nil || !s.valid() {
			lost = true
			continue
		}
		e := s.entry()
		if e.Ref == "" && e.Make == nil && (s.Make != nil || s.Edit != nil) {
			// Something was begun, and what it was is lost.
			lost = true
			continue
		}
		r.To[id] = e
	}
	return lost
}

// valid reports whether nothing in the entry would mislead.
func (s *storedEntry) valid() bool {
	if len(s.Strays) > maxStrays || len(s.Old) > maxOld || tooLong(s.Shown) || tooLong(s.Name) || tooLong(s.As) {
		return false
	}
	if slices.ContainsFunc(append(append([]string{s.Ref}, s.Strays...), s.Old...), badRef) {
		return false
	}
	if s.Ref == "" && len(s.Strays) > 0 || min(s.Replies, s.Noted, s.Turn, s.Since) < 0 {
		return false
	}
	return s.Make.valid() && s.Edit.valid() && !tooLong(s.Intent) && !tooLong(s.By)
}

// badRef reports whether a text is neither a reference nor empty.
func badRef(ref string) bool {
	_, ok := messenger.ParseRef(ref)
	return tooLong(ref) || !ok && ref != ""
}

func (c *Claim) valid() bool {
	return c == nil || !tooLong(c.Key) && !tooLong(c.By)
}

// entry returns the entry, with every number within its bounds.
func (s *storedEntry) entry() Entry {
	e := Entry{
		Addressee: s.Addressee,
		As:        s.As,
		Ref:       s.Ref,
		Strays:    s.Strays,
		Old:       s.Old,
		Shown:     s.Shown,
		Adopted:   s.Adopted,
		Replies:   int(within(s.Replies, maxCount)),
		Noted:     within(s.Noted, maxTime),
		Make:      s.Make.bounded(),
		Edit:      s.Edit.bounded(),
	}
	if e.Reader != Requester {
		e.Reader = Reviewer
	}
	if e.Make == nil {
		e.Make = s.claim(s.Ref).bounded()
	}
	return e.normalised()
}

// claim returns the claim as it is now, nil if there is none. Only a reply could be claimed
// where there was a message.
func (f firstClaim) claim(ref string) *Claim {
	if f.Intent == "" {
		return nil
	}
	what := Post
	if ref != "" {
		what = Reply
	}
	return &Claim{What: what, Key: f.Intent, By: f.By, Gen: f.Turn, Since: f.Since}
}

// normalised drops claims that cannot be: a known message beats a claim to post it.
func (e Entry) normalised() Entry {
	if m := e.Make; m != nil && (m.What == Post) != (e.Ref == "") {
		e.Make = nil
	}
	if e.Ref == "" {
		e.Edit, e.Adopted = nil, false
	}
	return e
}

func (c *Claim) bounded() *Claim {
	if c == nil {
		return nil
	}
	switch c.What {
	case Post, Follow, Reply, Note, Edit:
	default:
		return nil
	}
	bounded := *c
	bounded.Gen, bounded.Since, bounded.Due = within(c.Gen, maxGen), within(c.Since, maxTime), within(c.Due, maxTime)
	return &bounded
}

// within returns n, or 0 if it is negative or above limit.
func within(n, limit int64) int64 {
	if n < 0 || n > limit {
		return 0
	}
	return n
}

func tooLong(s string) bool { return len(s) > maxID }

// knownState returns the state, or "" for one that this version does not know.
func knownState(s accessrequest.State) accessrequest.State {
	switch s {
	case accessrequest.Pending, accessrequest.Approved, accessrequest.Denied, accessrequest.Promoted,
		accessrequest.Expired, accessrequest.Removed, accessrequest.Gone:
		return s
	default:
		return ""
	}
}
