// Package tally compares the messages that exist with those that must.
package tally

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// Due is a message that a recipient must have of a request.
type Due struct {
	Request, Recipient string
}

// Sighting is a message that exists, as the tally needs it.
type Sighting struct {
	Due
	created time.Time
	// statuses are what each revision said, oldest first, and late the places of those
	// that came after the operator had given the call up.
	statuses []string
	late     []int
	// reply identifies a reply by its thread and key; empty for a message of its
	// own, and for one that follows another in its thread: replies name no request.
	reply string
}

// Tally says how they compare.
type Tally struct {
	Expected, Delivered, Lost, Duplicated, Stale int
	// Findings name what is wrong, for people.
	Findings []string
}

// String gives the numbers in the form of the suite's lines.
func (t Tally) String() string {
	return fmt.Sprintf("expected=%d delivered=%d lost=%d duplicated=%d stale=%d",
		t.Expected, t.Delivered, t.Lost, t.Duplicated, t.Stale)
}

// Settled reports whether nothing has to come any more.
func (t Tally) Settled() bool {
	return t.Lost == 0 && t.Stale == 0
}

// Add adds what another comparison found.
func (t *Tally) Add(other Tally) {
	t.Expected += other.Expected
	t.Delivered += other.Delivered
	t.Lost += other.Lost
	t.Duplicated += other.Duplicated
	t.Stale += other.Stale
	t.Findings = append(t.Findings, other.Findings...)
}

// Count compares what was seen with the status that each due message must show.
// A message that no recipient was due is a duplicate, and so is a reply that is
// there twice. Where messages can be edited for some time only, a message that
// follows one which is older than that is none; zero is no such limit.
func Count(expected map[Due]string, seen []Sighting, editLimit time.Duration) Tally {
	t := Tally{Expected: len(expected)}
	newest := map[Due]Sighting{}
	replies := map[string]bool{}
	for _, s := range seen {
		if s.reply != "" {
			if replies[s.reply] {
				t.Duplicated++
				t.note("reply %s is there twice", s.reply)
			}
			replies[s.reply] = true
			continue
		}
		before, again := newest[s.Due]
		follows := again && editLimit > 0 && s.created.Sub(before.created) >= editLimit
		if _, wanted := expected[s.Due]; again && !follows || !wanted {
			t.Duplicated++
			t.note("%s has an extra message for %s", s.Request, s.Recipient)
		}
		if !again || !s.created.Before(before.created) {
			newest[s.Due] = s
		}
	}
	for d, status := range expected {
		s, ok := newest[d]
		if !ok {
			t.Lost++
			t.note("%s has no message for %s", d.Request, d.Recipient)
			continue
		}
		t.Delivered++
		t.check(s, status)
	}
	return t
}

// check counts a message as stale if it does not show the status, or if what it
// showed went backwards. An edit that is carried out after it was given up may well undo
// a later one for a moment: nothing can keep it from that.
func (t *Tally) check(s Sighting, status string) {
	last := s.statuses[len(s.statuses)-1]
	switch {
	case last != status:
		t.Stale++
		t.note("%s shows %q to %s instead of %q", s.Request, last, s.Recipient, status)
	case backwards(s.inTime()):
		t.Stale++
		t.note("%s went backwards for %s: %q", s.Request, s.Recipient, s.statuses)
	}
}

// inTime are what the revisions said that were not late, and the first.
func (s Sighting) inTime() []string {
	var statuses []string
	for i, status := range s.statuses {
		if i == 0 || !slices.Contains(s.late, i) {
			statuses = append(statuses, status)
		}
	}
	return statuses
}

func (t *Tally) note(format string, args ...any) {
	t.Findings = append(t.Findings, fmt.Sprintf(format, args...))
}

// backwards reports whether a status is followed by an earlier one.
func backwards(statuses []string) bool {
	for i := 1; i < len(statuses); i++ {
		before, after := statuses[i-1], statuses[i]
		if stage(after) < stage(before) || stage(before) == final && before != after {
			return true
		}
	}
	return false
}

const (
	// unreadable is the stage of a message that shows no status.
	unreadable = -1
	// final is the stage of everything that is not pending.
	final = 1000
)

// Decided reports whether a status is that of a request that is over.
func Decided(status string) bool { return stage(status) == final }

// stage orders statuses: pending by the number of approvals, then the rest.
func stage(status string) int {
	match := pending.FindStringSubmatch(status)
	switch {
	case status == "":
		return unreadable
	case match == nil:
		return final
	}
	// The expression lets through at most three digits, and none where approvals
	// are not counted.
	approvals, _ := strconv.Atoi(match[1])
	return approvals
}

// The statuses that messages show.
const (
	Pending   = "Pending" // where approvals are not counted
	Undecided = "Pending, 0 of 2 approvals"
	Approved  = "Approved"
	Denied    = "Denied"
	Promoted  = "Promoted to an access list"
	Expired   = "Expired"
	Gone      = "No longer in Teleport, how it ended is not known"
	Removed   = "Removed from Teleport before a decision was seen"
)

var (
	pending = regexp.MustCompile(`^Pending(?:, (\d{1,3}) of \d+ approvals?)?$`)
	// status finds the first line that is, or ends with, a status. The messages
	// of the tests hold no other line that could come before it and match.
	status = regexp.MustCompile(`(?m)^(?:.*[:*|\s])?(Pending(?:, \d{1,3} of \d+ approvals?)?|` + strings.Join(
		[]string{Approved, Denied, Promoted, Expired, Removed, Gone}, "|") + `)(?:[*|\s]*| · .*)$`)
	// RequestID finds the id of a request.
	RequestID = regexp.MustCompile(`[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
)

// StatusOf returns the status that a text shows, "" for none.
func StatusOf(text string) string {
	match := status.FindStringSubmatch(text)
	if match == nil {
		return ""
	}
	return match[1]
}

// Sight reads a message. The places are the recipients' names by the id of
// their channel, or by their user id.
func Sight(post messengertest.Post, places map[string]string) Sighting {
	s := Sighting{created: post.Created, late: post.Late}
	s.Request = RequestID.FindString(post.Text)
	s.Recipient = places[post.Channel]
	if post.Direct {
		s.Recipient = places[post.User]
	}
	for _, text := range post.History {
		s.statuses = append(s.statuses, StatusOf(text))
	}
	if post.ThreadOf != "" && s.Request == "" {
		// Where a service takes no key, what a reply says tells it from others.
		s.reply = strings.Join([]string{post.Channel, post.ThreadOf, cmp.Or(post.Key, post.Text)}, "/")
	}
	return s
}
