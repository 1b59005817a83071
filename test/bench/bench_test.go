package main

import (
	"maps"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/test/controlplane"
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

func TestRate(t *testing.T) {
	if got := rate(1000, 2500*time.Millisecond); got != 400 {
		t.Errorf("rate(1000, 2.5s) = %v, want 400", got)
	}
}

func TestABurstLastsFromTheFirstRequestToTheLastMessage(t *testing.T) {
	start := time.Now()
	requests := []request{{"a", start}, {"b", start.Add(time.Second)}, {"c", start.Add(2 * time.Second)}}
	// The message of b is the last one, although that of a took longest.
	delays := []time.Duration{2900 * time.Millisecond, 2 * time.Second, time.Millisecond}
	if got := timesOf(requests, delays).all; got != 3*time.Second {
		t.Errorf("the burst lasted %v, want 3s", got)
	}
}

func TestBounds(t *testing.T) {
	for _, test := range []struct {
		bound bound
		value float64
		holds bool
	}{
		{atMost(10), 9.9, true},
		{atMost(10), 10, true},
		{atMost(10), 10.1, false},
		{atMost(1), math.NaN(), false},
		{atLeast(50), 50, true},
		{atLeast(50), 49, false},
		{atLeast(50), math.NaN(), false},
	} {
		if got := test.bound.holds(test.value); got != test.holds {
			t.Errorf("%v: holds(%v) = %v", test.bound, test.value, got)
		}
	}
}

func TestReport(t *testing.T) {
	figures := []figure{
		{"seconds", "s", atMost(2)}, {"ms", "ms", atMost(1)}, {"mb", "MB", atMost(100)},
		{"less", "goroutines", atMost(0)}, {"rate", "messages/s", atLeast(50)},
	}
	good := map[string]float64{"seconds": 1.234, "ms": 0.96, "mb": 80.123, "less": -1, "rate": 51.4, "other": 1}
	var out strings.Builder
	if err := report(&out, figures, good); err != nil {
		t.Errorf("report() error = %v", err)
	}
	const want = "figure seconds 1.23 s\nfigure ms 1.0 ms\nfigure mb 80.1 MB\nfigure less -1 goroutines\nfigure rate 51 messages/s\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("output (-want +got):\n%s", diff)
	}

	broken := maps.Clone(good)
	broken["seconds"], broken["rate"] = 2.001, 49
	delete(broken, "ms")
	out.Reset()
	err := report(&out, figures, broken)
	if err == nil {
		t.Fatal("report() = nil for broken bounds and a missing value")
	}
	for _, want := range []string{"seconds is 2.001 s, and must be at most 2", "no value for ms", "rate is 49 messages/s, and must be at least 50"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("report() error = %q, which lacks %q", err, want)
		}
	}
	if !strings.Contains(out.String(), "figure seconds 2.00 s\n") {
		t.Errorf("a broken figure is not printed: %q", out.String())
	}
}

func TestWhatRoundsToZeroHasNoSign(t *testing.T) {
	if got := (figure{name: "growth", unit: "MB"}).line(-0.04); got != "figure growth 0.0 MB" {
		t.Errorf("line(-0.04) = %q", got)
	}
}

func TestChoose(t *testing.T) {
	var names []string
	for _, m := range choose(regexp.MustCompile("^(rss_1_|binary)")) {
		for _, f := range m.figures {
			names = append(names, f.name)
		}
	}
	if diff := cmp.Diff([]string{"rss_1_notifier_mb", "binary_mb"}, names); diff != "" {
		t.Errorf("chosen figures (-want +got):\n%s", diff)
	}
	if chosen := choose(regexp.MustCompile("no such figure")); len(chosen) != 0 {
		t.Errorf("chose %d measurements for a name that does not exist", len(chosen))
	}
}

func TestRulesAreMeasured(t *testing.T) {
	values, err := measureRules(t.Context(), nil)
	if err != nil || values["rule_evaluation_us"] <= 0 {
		t.Errorf("measured %v, %v", values, err)
	}
	t.Log(values)
}

// What is printed is read by programs, and docs/performance.md explains it.
func TestFiguresAreWellFormedAndDocumented(t *testing.T) {
	root, err := controlplane.RepositoryRoot()
	if err != nil {
		t.Fatal(err)
	}
	docs, err := os.ReadFile(filepath.Join(root, "docs", "performance.md"))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, m := range measurements {
		for _, f := range m.figures {
			if seen[f.name] {
				t.Errorf("there are two figures %s", f.name)
			}
			seen[f.name] = true
			if !regexp.MustCompile(`^[a-z0-9_]+$`).MatchString(f.name) || !regexp.MustCompile(`^[A-Za-z/]+$`).MatchString(f.unit) {
				t.Errorf("figure %q has unit %q", f.name, f.unit)
			}
			row := regexp.MustCompile("(?m)^\\| `" + f.name + "` \\|.*\\| " + regexp.QuoteMeta(f.bound.String()+" "+f.unit) + " \\|$")
			if !row.Match(docs) {
				t.Errorf("docs/performance.md has no row for %s that ends with %q", f.name, f.bound.String()+" "+f.unit)
			}
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
	const id = "0193f1a2-7c1d-7b3e-9a55-3f6f0e6c1d2b"
	first := time.Now()
	r := newReceipts()
	r.add(messengertest.Post{Text: "Access request " + id, Revisions: 1, Created: first})
	r.add(messengertest.Post{Text: "Access request " + id, Revisions: 2, Created: first.Add(time.Second)})
	r.add(messengertest.Post{Text: "Access request " + id, Revisions: 1, ThreadOf: "1", Created: first.Add(time.Second)})

	delay, err := r.delay(t.Context(), request{id: id, at: first.Add(-time.Millisecond)})
	if err != nil {
		t.Fatal(err)
	}
	if delay != time.Millisecond {
		t.Errorf("delay() = %v, want 1ms", delay)
	}
	if err := r.once(); err != nil {
		t.Errorf("once() = %v after one message", err)
	}
	r.add(messengertest.Post{Text: "Access request " + id, Revisions: 1, Created: first})
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
