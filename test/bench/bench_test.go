package main

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

func TestPercentile(t *testing.T) {
	hundred := make([]int, 100)
	for i := range hundred {
		hundred[i] = 100 - i
	}
	for _, test := range []struct {
		values  []int
		p, want int
	}{
		{[]int{7}, 0, 7},
		{[]int{7}, 50, 7},
		{[]int{7}, 100, 7},
		{[]int{3, 1, 2}, 50, 2},
		{[]int{4, 3, 1, 2}, 50, 2},
		{[]int{3, 1, 2}, 100, 3},
		{hundred, 50, 50},
		{hundred, 99, 99},
		{hundred, 100, 100},
	} {
		if got := percentile(test.values, test.p); got != test.want {
			t.Errorf("percentile(%v, %d) = %d, want %d", test.values, test.p, got, test.want)
		}
	}
}

func TestGapIsThatOfTheRotations(t *testing.T) {
	start := time.Now()
	at := func(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }
	requests := []request{{"a", at(0)}, {"b", at(10)}, {"c", at(20)}, {"d", at(30)}, {"e", at(40)}}
	delays := []time.Duration{2, 90, 2, 12, 2}

	// The slowest request, b, was not made during a rotation.
	got := gapOf(requests, delays, []span{{at(15), at(35)}})
	if got != 10 {
		t.Errorf("gapOf() = %d, want 10", got)
	}
}

func TestValuesAreFormatted(t *testing.T) {
	for _, test := range []struct {
		value value
		want  string
	}{
		{seconds(1234 * time.Millisecond), "1.23"},
		{milliseconds(1234 * time.Microsecond), "1.2"},
		{megabytes(80_123_456), "80.1"},
		{count(1000, "requests"), "1000"},
		{count(-1, "goroutines"), "-1"},
	} {
		if got := test.value.format(); got != test.want {
			t.Errorf("%v is formatted as %q, want %q", test.value, got, test.want)
		}
	}
}

func TestChoose(t *testing.T) {
	var names []string
	for _, m := range choose(regexp.MustCompile("^(rss_idle|binary)")) {
		names = append(names, m.names...)
	}
	if diff := cmp.Diff([]string{"rss_idle_mb", "binary_mb"}, names); diff != "" {
		t.Errorf("chosen figures (-want +got):\n%s", diff)
	}
	if chosen := choose(regexp.MustCompile("no such figure")); len(chosen) != 0 {
		t.Errorf("chose %d measurements for a name that does not exist", len(chosen))
	}
}

func TestNamesAreUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range measurements {
		for _, name := range m.names {
			if seen[name] {
				t.Errorf("there are two figures %s", name)
			}
			seen[name] = true
		}
	}
}

func TestAuditedCountsByWhatWasAsked(t *testing.T) {
	const before = `{"verb":"list","objectRef":{"resource":"secrets"}}` + "\n"
	const entries = `{"verb":"update","objectRef":{"resource":"leases"}}
{"verb":"update","objectRef":{"resource":"leases"}}
{"verb":"patch","objectRef":{"resource":"accessnotifiers","subresource":"status"}}
`
	const after = `{"verb":"get","objectRef":{"resource":"secrets"}}` + "\n"
	p := &platform{auditLog: filepath.Join(t.TempDir(), "audit.log")}
	if err := os.WriteFile(p.auditLog, []byte(before+entries+after), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := p.audited(int64(len(before)), int64(len(before)+len(entries)))
	if err != nil {
		t.Fatal(err)
	}
	want := apiRequests{"update leases": 2, "patch accessnotifiers/status": 1}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	if leases, others := got.split(); leases != 2 || others != 1 {
		t.Errorf("split() = %d, %d, want 2, 1", leases, others)
	}
}

func TestReceiptsCountNewMessagesOnly(t *testing.T) {
	const raw = `{"metadata":{"event_payload":{"request_id":"r1"}}}`
	first := time.Now()
	r := newReceipts()
	r.add(messengertest.Post{Raw: []byte(raw), Revisions: 1, Created: first})
	r.add(messengertest.Post{Raw: []byte(raw), Revisions: 2, Created: first.Add(time.Second)})
	r.add(messengertest.Post{Raw: []byte(raw), Revisions: 1, ThreadOf: "1", Created: first.Add(time.Second)})

	delay, err := r.delay(t.Context(), request{id: "r1", at: first.Add(-time.Millisecond)})
	if err != nil {
		t.Fatal(err)
	}
	if delay != time.Millisecond {
		t.Errorf("delay() = %v, want 1ms", delay)
	}
	if err := r.once(); err != nil {
		t.Errorf("once() = %v after one message", err)
	}
	r.add(messengertest.Post{Raw: []byte(raw), Revisions: 1, Created: first})
	if err := r.once(); err == nil {
		t.Error("once() = nil after two messages of one request")
	}
}

func TestKibibytes(t *testing.T) {
	const status = "Name:\taccess-notifier\nVmRSS:\t   77012 kB\nRssAnon:\t   30000 kB\n"
	got, err := kibibytes(status, "VmRSS")
	if err != nil || got != 77012*1024 {
		t.Errorf("kibibytes() = %d, %v, want %d", got, err, 77012*1024)
	}
	if _, err := kibibytes(status, "VmSwap"); err == nil {
		t.Error("kibibytes() found what is not there")
	}
}
