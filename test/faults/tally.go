package main

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// due is a message that a recipient must have of a request.
type due struct {
	request, recipient string
}

// sighting is a message that exists, as the tally needs it.
type sighting struct {
	due
	created time.Time
	// statuses are what each revision said, oldest first, and late the places of those
	// that came after the operator had given the call up.
	statuses []string
	late     []int
	// reply identifies a reply by its thread and key; empty for a message of its
	// own, and for one that follows another in its thread: replies name no request.
	reply string
}

// tally compares the messages that exist with those that must.
type tally struct {
	expected, delivered, lost, duplicated, stale int
	// findings name what is wrong, for people.
	findings []string
}

// String gives the numbers in the form of the suite's lines.
func (t tally) String() string {
	return fmt.Sprintf("expected=%d delivered=%d lost=%d duplicated=%d stale=%d",
		t.expected, t.delivered, t.lost, t.duplicated, t.stale)
}

// settled reports whether nothing has to come any more.
func (t tally) settled() bool {
	return t.lost == 0 && t.stale == 0
}

func (t *tally) add(other tally) {
	t.expected += other.expected
	t.delivered += other.delivered
	t.lost += other.lost
	t.duplicated += other.duplicated
	t.stale += other.stale
	t.findings = append(t.findings, other.findings...)
}

// count compares what was seen with the status that each due message must show.
// A message that no recipient was due is a duplicate, and so is a reply that is
// there twice. Where messages can be edited for some time only, a message that
// follows one which is older than that is none; zero is no such limit.
func count(expected map[due]string, seen []sighting, editLimit time.Duration) tally {
	t := tally{expected: len(expected)}
	newest := map[due]sighting{}
	replies := map[string]bool{}
	for _, s := range seen {
		if s.reply != "" {
			if replies[s.reply] {
				t.duplicated++
				t.note("reply %s is there twice", s.reply)
			}
			replies[s.reply] = true
			continue
		}
		before, again := newest[s.due]
		follows := again && editLimit > 0 && s.created.Sub(before.created) >= editLimit
		if _, wanted := expected[s.due]; again && !follows || !wanted {
			t.duplicated++
			t.note("%s has an extra message for %s", s.request, s.recipient)
		}
		if !again || !s.created.Before(before.created) {
			newest[s.due] = s
		}
	}
	for d, status := range expected {
		s, ok := newest[d]
		if !ok {
			t.lost++
			t.note("%s has no message for %s", d.request, d.recipient)
			continue
		}
		t.delivered++
		t.check(s, status)
	}
	return t
}

// check counts a message as stale if it does not show the status, or if what it
// showed went backwards. An edit that is carried out after it was given up may well undo
// a later one for a moment: nothing can keep it from that.
func (t *tally) check(s sighting, status string) {
	last := s.statuses[len(s.statuses)-1]
	switch {
	case last != status:
		t.stale++
		t.note("%s shows %q to %s instead of %q", s.request, last, s.recipient, status)
	case backwards(s.inTime()):
		t.stale++
		t.note("%s went backwards for %s: %q", s.request, s.recipient, s.statuses)
	}
}

// inTime are what the revisions said that were not late, and the first.
func (s sighting) inTime() []string {
	var statuses []string
	for i, status := range s.statuses {
		if i == 0 || !slices.Contains(s.late, i) {
			statuses = append(statuses, status)
		}
	}
	return statuses
}

func (t *tally) note(format string, args ...any) {
	t.findings = append(t.findings, fmt.Sprintf(format, args...))
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

// stage orders statuses: pending by the number of approvals, then the rest.
func stage(status string) int {
	match := pending.FindStringSubmatch(status)
	switch {
	case status == "":
		return unreadable
	case match == nil:
		return final
	}
	// The expression lets through at most three digits.
	approvals, _ := strconv.Atoi(match[1])
	return approvals
}

// The statuses that messages show.
const (
	statusUndecided = "Pending, 0 of 2 approvals"
	statusApproved  = "Approved"
	statusDenied    = "Denied"
	statusPromoted  = "Promoted to an access list"
	statusExpired   = "Expired"
	statusGone      = "No longer in Teleport, how it ended is not known"
	statusRemoved   = "Removed from Teleport before a decision was seen"
)

var (
	pending = regexp.MustCompile(`^Pending, (\d{1,3}) of \d+ approvals?$`)
	// status finds the first line that is, or ends with, a status. The messages
	// of the workload hold no other line that could come before it and match.
	status = regexp.MustCompile(`(?m)^(?:.*[:*|\s])?(Pending, \d{1,3} of \d+ approvals?|` + strings.Join(
		[]string{statusApproved, statusDenied, statusPromoted, statusExpired, statusRemoved, statusGone}, "|") + `)(?:[*|\s]*| · .*)$`)
	requestID = regexp.MustCompile(`[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
)

// statusOf returns the status that a text shows, "" for none.
func statusOf(text string) string {
	match := status.FindStringSubmatch(text)
	if match == nil {
		return ""
	}
	return match[1]
}

// sight reads a message. The places are the recipients' names by the id of
// their channel, or by their user id.
func sight(post messengertest.Post, places map[string]string) sighting {
	s := sighting{created: post.Created, late: post.Late}
	s.request = requestID.FindString(post.Text)
	s.recipient = places[post.Channel]
	if post.Direct {
		s.recipient = places[post.User]
	}
	for _, text := range post.History {
		s.statuses = append(s.statuses, statusOf(text))
	}
	if post.ThreadOf != "" && s.request == "" {
		s.reply = strings.Join([]string{post.Channel, post.ThreadOf, post.Key}, "/")
	}
	return s
}
