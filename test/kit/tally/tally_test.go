package tally

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
	a := Due{Request: "r1", Recipient: "a"}
	b := Due{Request: "r1", Recipient: "b"}
	message := func(d Due, second int, statuses ...string) Sighting {
		return Sighting{Due: d, created: time.Unix(int64(second), 0), statuses: statuses}
	}
	reply := func(id string) Sighting { return Sighting{reply: id} }

	for _, tc := range []struct {
		name     string
		expected map[Due]string
		seen     []Sighting
		want     Tally
	}{{
		name:     "everything as it should be",
		expected: map[Due]string{a: Approved, b: Approved},
		seen: []Sighting{
			message(a, 1, none, half, Approved), message(b, 1, Approved), reply("x"), reply("y"),
		},
		want: Tally{Expected: 2, Delivered: 2},
	}, {
		name:     "a missing message is lost",
		expected: map[Due]string{a: none, b: none},
		seen:     []Sighting{message(a, 1, none)},
		want:     Tally{Expected: 2, Delivered: 1, Lost: 1},
	}, {
		name:     "a second message is a duplicate",
		expected: map[Due]string{a: none},
		seen:     []Sighting{message(a, 1, none), message(a, 2, none)},
		want:     Tally{Expected: 1, Delivered: 1, Duplicated: 1},
	}, {
		name:     "each further message is a duplicate",
		expected: map[Due]string{a: none},
		seen:     []Sighting{message(a, 1, none), message(a, 2, none), message(a, 3, none)},
		want:     Tally{Expected: 1, Delivered: 1, Duplicated: 2},
	}, {
		name:     "a message that no recipient was due is a duplicate",
		expected: map[Due]string{a: none},
		seen:     []Sighting{message(a, 1, none), message(b, 1, none)},
		want:     Tally{Expected: 1, Delivered: 1, Duplicated: 1},
	}, {
		name:     "a second reply is a duplicate",
		expected: map[Due]string{a: none},
		seen:     []Sighting{message(a, 1, none), reply("x"), reply("x")},
		want:     Tally{Expected: 1, Delivered: 1, Duplicated: 1},
	}, {
		name:     "a message with an old status is stale",
		expected: map[Due]string{a: Denied},
		seen:     []Sighting{message(a, 1, none)},
		want:     Tally{Expected: 1, Delivered: 1, Stale: 1},
	}, {
		name:     "a message with the wrong result is stale",
		expected: map[Due]string{a: Denied},
		seen:     []Sighting{message(a, 1, Approved)},
		want:     Tally{Expected: 1, Delivered: 1, Stale: 1},
	}, {
		name:     "a message without a status is stale",
		expected: map[Due]string{a: none},
		seen:     []Sighting{message(a, 1, "")},
		want:     Tally{Expected: 1, Delivered: 1, Stale: 1},
	}, {
		name:     "of two messages the newest counts",
		expected: map[Due]string{a: Denied},
		seen:     []Sighting{message(a, 2, Denied), message(a, 1, none)},
		want:     Tally{Expected: 1, Delivered: 1, Duplicated: 1},
	}, {
		name:     "a message that went backwards on its way is stale",
		expected: map[Due]string{a: Approved},
		seen:     []Sighting{message(a, 1, none, Approved, half, Approved)},
		want:     Tally{Expected: 1, Delivered: 1, Stale: 1},
	}, {
		name:     "a late edit may undo a later one for a moment",
		expected: map[Due]string{a: Approved},
		seen: []Sighting{
			{Due: a, statuses: []string{none, half, Approved, half, Approved}, late: []int{3}},
		},
		want: Tally{Expected: 1, Delivered: 1},
	}, {
		name:     "a late edit that is not repaired is stale",
		expected: map[Due]string{a: Approved},
		seen:     []Sighting{{Due: a, statuses: []string{none, Approved, half}, late: []int{2}}},
		want:     Tally{Expected: 1, Delivered: 1, Stale: 1},
	}, {
		name:     "what follows a late edit may not go backwards",
		expected: map[Due]string{a: Approved},
		seen: []Sighting{
			{Due: a, statuses: []string{none, Approved, half, none, Approved}, late: []int{2}},
		},
		want: Tally{Expected: 1, Delivered: 1, Stale: 1},
	}, {
		name:     "fewer approvals are backwards",
		expected: map[Due]string{a: half},
		seen:     []Sighting{message(a, 1, half, none, half)},
		want:     Tally{Expected: 1, Delivered: 1, Stale: 1},
	}, {
		name:     "another result is backwards",
		expected: map[Due]string{a: Approved},
		seen:     []Sighting{message(a, 1, Expired, Approved)},
		want:     Tally{Expected: 1, Delivered: 1, Stale: 1},
	}} {
		t.Run(tc.name, func(t *testing.T) {
			got := Count(tc.expected, tc.seen, 0)
			if wrong := got.Lost + got.Duplicated + got.Stale; len(got.Findings) != wrong {
				t.Errorf("%d findings for %d faults: %q", len(got.Findings), wrong, got.Findings)
			}
			got.Findings = nil
			if diff := cmp.Diff(tc.want, got, cmp.AllowUnexported(Tally{})); diff != "" {
				t.Errorf("unexpected tally (-want +got):\n%s", diff)
			}
		})
	}
}

func TestStatusOf(t *testing.T) {
	for text, want := range map[string]string{
		"⏳ Role request: Pending, 1 of 2 approvals\nUser: alice": "Pending, 1 of 2 approvals",
		"Role request\nExpired\nRequest x":                       Expired,
		"✅ Role request\n**Approved**\nUser":                     Approved,
		"Role request\nDenied\n✅ Approved by bob: fine":          Denied,
		"⏳ **Pending, 0 of 2 approvals**":                        "Pending, 0 of 2 approvals",
		"Access request\nStatus: Pending, 0 of 1 approval\nid":   "Pending, 0 of 1 approval",
		"*Pending*":                             Pending,
		"**Approved**\nReason: Pending":         Approved,
		"Denied · by reviewer@example.com":      Denied,
		"Reason: no reviewer has Approved this": "",
		"":                                      "",
		"Role request from alice":               "",
		"Role request\nApproved by no reviewer": "",
	} {
		if got := StatusOf(text); got != want {
			t.Errorf("StatusOf(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestSight(t *testing.T) {
	const id = "0b5b5d0a-7a0e-4a3b-8f43-0123456789ab"
	places := map[string]string{"C1": "access-requests", "U1": "alice@example.com"}
	text := "Role request: Denied\nRequest " + id
	direct := Sight(messengertest.Post{
		Channel: "D9", Direct: true, User: "U1", Text: text, Late: []int{1},
		History: []string{"Role request: Pending, 0 of 2 approvals", text},
	}, places)
	want := Sighting{
		Due:      Due{Request: id, Recipient: "alice@example.com"},
		statuses: []string{"Pending, 0 of 2 approvals", Denied},
		late:     []int{1},
	}
	if diff := cmp.Diff(want, direct, cmp.AllowUnexported(Sighting{}, Due{})); diff != "" {
		t.Errorf("unexpected sighting (-want +got):\n%s", diff)
	}
	reply := Sight(messengertest.Post{Channel: "C1", ThreadOf: "1.2", Key: "k", Text: "Approved by bob"}, places)
	if reply.reply != "C1/1.2/k" {
		t.Errorf("reply is %q", reply.reply)
	}
	keyless := Sight(messengertest.Post{Channel: "C1", ThreadOf: "1.2", Text: "Approved by bob"}, places)
	if keyless.reply != "C1/1.2/Approved by bob" {
		t.Errorf("a reply without a key is %q", keyless.reply)
	}
}

func TestTallyPrintsTheLine(t *testing.T) {
	got := Tally{Expected: 600, Delivered: 599, Lost: 1, Duplicated: 2, Stale: 3}.String()
	if want := "expected=600 delivered=599 lost=1 duplicated=2 stale=3"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if strings.ContainsAny(got, "\n") {
		t.Error("a line must be one line")
	}
}

func TestDecided(t *testing.T) {
	for status, want := range map[string]bool{
		Pending: false, "Pending, 1 of 2 approvals": false, "": false, Approved: true, Removed: true,
	} {
		if got := Decided(status); got != want {
			t.Errorf("Decided(%q) = %v", status, got)
		}
	}
}
