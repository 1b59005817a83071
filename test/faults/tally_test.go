package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

func TestCount(t *testing.T) {
	const half = "Pending, 1 of 2 approvals"
	const none = "Pending, 0 of 2 approvals"
	a := due{request: "r1", recipient: "a"}
	b := due{request: "r1", recipient: "b"}
	message := func(d due, second int, statuses ...string) sighting {
		return sighting{due: d, created: time.Unix(int64(second), 0), statuses: statuses}
	}
	reply := func(id string) sighting { return sighting{reply: id} }

	for _, tc := range []struct {
		name     string
		expected map[due]string
		seen     []sighting
		want     tally
	}{{
		name:     "everything as it should be",
		expected: map[due]string{a: statusApproved, b: statusApproved},
		seen: []sighting{
			message(a, 1, none, half, statusApproved), message(b, 1, statusApproved), reply("x"), reply("y"),
		},
		want: tally{expected: 2, delivered: 2},
	}, {
		name:     "a missing message is lost",
		expected: map[due]string{a: none, b: none},
		seen:     []sighting{message(a, 1, none)},
		want:     tally{expected: 2, delivered: 1, lost: 1},
	}, {
		name:     "a second message is a duplicate",
		expected: map[due]string{a: none},
		seen:     []sighting{message(a, 1, none), message(a, 2, none)},
		want:     tally{expected: 1, delivered: 1, duplicated: 1},
	}, {
		name:     "each further message is a duplicate",
		expected: map[due]string{a: none},
		seen:     []sighting{message(a, 1, none), message(a, 2, none), message(a, 3, none)},
		want:     tally{expected: 1, delivered: 1, duplicated: 2},
	}, {
		name:     "a message that nobody was due is a duplicate",
		expected: map[due]string{a: none},
		seen:     []sighting{message(a, 1, none), message(b, 1, none)},
		want:     tally{expected: 1, delivered: 1, duplicated: 1},
	}, {
		name:     "a second reply is a duplicate",
		expected: map[due]string{a: none},
		seen:     []sighting{message(a, 1, none), reply("x"), reply("x")},
		want:     tally{expected: 1, delivered: 1, duplicated: 1},
	}, {
		name:     "a message with an old status is stale",
		expected: map[due]string{a: statusDenied},
		seen:     []sighting{message(a, 1, none)},
		want:     tally{expected: 1, delivered: 1, stale: 1},
	}, {
		name:     "a message with the wrong result is stale",
		expected: map[due]string{a: statusDenied},
		seen:     []sighting{message(a, 1, statusApproved)},
		want:     tally{expected: 1, delivered: 1, stale: 1},
	}, {
		name:     "a message without a status is stale",
		expected: map[due]string{a: none},
		seen:     []sighting{message(a, 1, "")},
		want:     tally{expected: 1, delivered: 1, stale: 1},
	}, {
		name:     "of two messages the newest counts",
		expected: map[due]string{a: statusDenied},
		seen:     []sighting{message(a, 2, statusDenied), message(a, 1, none)},
		want:     tally{expected: 1, delivered: 1, duplicated: 1},
	}, {
		name:     "a message that went backwards on its way is stale",
		expected: map[due]string{a: statusApproved},
		seen:     []sighting{message(a, 1, none, statusApproved, half, statusApproved)},
		want:     tally{expected: 1, delivered: 1, stale: 1},
	}, {
		name:     "a late edit may undo a later one for a moment",
		expected: map[due]string{a: statusApproved},
		seen: []sighting{
			{due: a, statuses: []string{none, half, statusApproved, half, statusApproved}, late: []int{3}},
		},
		want: tally{expected: 1, delivered: 1},
	}, {
		name:     "a late edit that is not repaired is stale",
		expected: map[due]string{a: statusApproved},
		seen:     []sighting{{due: a, statuses: []string{none, statusApproved, half}, late: []int{2}}},
		want:     tally{expected: 1, delivered: 1, stale: 1},
	}, {
		name:     "what follows a late edit may not go backwards",
		expected: map[due]string{a: statusApproved},
		seen: []sighting{
			{due: a, statuses: []string{none, statusApproved, half, none, statusApproved}, late: []int{2}},
		},
		want: tally{expected: 1, delivered: 1, stale: 1},
	}, {
		name:     "fewer approvals are backwards",
		expected: map[due]string{a: half},
		seen:     []sighting{message(a, 1, half, none, half)},
		want:     tally{expected: 1, delivered: 1, stale: 1},
	}, {
		name:     "another result is backwards",
		expected: map[due]string{a: statusApproved},
		seen:     []sighting{message(a, 1, statusExpired, statusApproved)},
		want:     tally{expected: 1, delivered: 1, stale: 1},
	}} {
		t.Run(tc.name, func(t *testing.T) {
			got := count(tc.expected, tc.seen, 0)
			if wrong := got.lost + got.duplicated + got.stale; len(got.findings) != wrong {
				t.Errorf("%d findings for %d faults: %q", len(got.findings), wrong, got.findings)
			}
			got.findings = nil
			if diff := cmp.Diff(tc.want, got, cmp.AllowUnexported(tally{})); diff != "" {
				t.Errorf("unexpected tally (-want +got):\n%s", diff)
			}
		})
	}
}

func TestStatusOf(t *testing.T) {
	for text, want := range map[string]string{
		"⏳ Role request: Pending, 1 of 2 approvals\nUser: alice": "Pending, 1 of 2 approvals",
		"Role request\nExpired\nRequest x":                       statusExpired,
		"✅ Role request\n**Approved**\nUser":                     statusApproved,
		"Role request\nDenied\n✅ Approved by bob: fine":          statusDenied,
		"⏳ **Pending, 0 of 2 approvals**":                        "Pending, 0 of 2 approvals",
		"Role request from alice":                                "",
		"Role request\nApproved by nobody":                       "",
	} {
		if got := statusOf(text); got != want {
			t.Errorf("statusOf(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestSight(t *testing.T) {
	const id = "0b5b5d0a-7a0e-4a3b-8f43-0123456789ab"
	places := map[string]string{"C1": "access-requests", "U1": "alice@example.com"}
	text := "Role request: Denied\nRequest " + id
	direct := sight(messengertest.Post{
		Channel: "D9", Direct: true, User: "U1", Text: text, Late: []int{1},
		History: []string{"Role request: Pending, 0 of 2 approvals", text},
	}, places)
	want := sighting{
		due:      due{request: id, recipient: "alice@example.com"},
		statuses: []string{"Pending, 0 of 2 approvals", statusDenied},
		late:     []int{1},
	}
	if diff := cmp.Diff(want, direct, cmp.AllowUnexported(sighting{}, due{})); diff != "" {
		t.Errorf("unexpected sighting (-want +got):\n%s", diff)
	}
	reply := sight(messengertest.Post{Channel: "C1", ThreadOf: "1.2", Key: "k", Text: "Approved by bob"}, places)
	if reply.reply != "C1/1.2/k" {
		t.Errorf("reply is %q", reply.reply)
	}
}

func TestTallyPrintsTheLine(t *testing.T) {
	got := tally{expected: 600, delivered: 599, lost: 1, duplicated: 2, stale: 3}.String()
	if want := "expected=600 delivered=599 lost=1 duplicated=2 stale=3"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if strings.ContainsAny(got, "\n") {
		t.Error("a line must be one line")
	}
}
