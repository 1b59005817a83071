package reminder

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/accessnotifier/accessnotifier/internal/accesslist"
	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/metrics"
)

const (
	alice = "alice@example.com"
	bob   = "bob@example.com"
	day   = 24 * time.Hour
)

// TestOncePerWeek covers a list until after it is reviewed, with a restart every day.
func TestOncePerWeek(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{lists: []accesslist.List{due("admins", 20*day, alice)}}
		began := time.Now()
		for i := range 40 {
			_, stop := w.operator(t)
			time.Sleep(day)
			stop()
			if i == 30 {
				w.set(func() { w.lists[0].Due = w.lists[0].Due.Add(90 * day) })
			}
		}
		var days []int
		for _, p := range w.posts {
			days = append(days, int(p.at.Sub(began)/day))
		}
		if diff := cmp.Diff([]int{6, 13, 20, 27}, days); diff != "" {
			t.Errorf("days of reminders (-want +got):\n%s", diff)
		}
		if strings.Contains(w.text, "alice") {
			t.Errorf("the record names an owner: %s", w.text)
		}
		for i, p := range w.posts[1:] {
			if since := p.at.Sub(w.posts[i].at); since < week {
				t.Errorf("reminded again after %s", since)
			}
		}
	})
}

// TestOneMessageForAllLists of an owner, also of those that come to be due within the week.
func TestOneMessageForAllLists(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{lists: []accesslist.List{due("a", -day, alice, bob), due("b", day, alice), due("c", 16*day, bob)}}
		w.operator(t)
		time.Sleep(8 * day)
		want := []string{
			alice + ": 2 access lists to review", bob + ": 1 access list to review",
			alice + ": 2 access lists to review", bob + ": 2 access lists to review",
		}
		if diff := cmp.Diff(want, w.told()); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

// TestFailures: whatever a post ends with, the owner has one reminder, or after all two.
func TestFailures(t *testing.T) {
	unclear := messenger.BadResponse("post")
	fails := func(class messenger.Class) error { return &messenger.Error{Class: class, RetryAfter: time.Minute} }
	tests := map[string]struct {
		answers    []answer
		cannotLook bool
		// posts and tries are how many messages there are, and how many calls were made;
		// within is how soon the last was.
		posts, tries int
		within       time.Duration
	}{
		"transient":             {answers: []answer{{err: fails(messenger.Transient)}}, posts: 1, tries: 2, within: 15 * time.Second},
		"throttled":             {answers: []answer{{err: fails(messenger.Throttled)}}, posts: 1, tries: 2, within: 61 * time.Second},
		"token refused":         {answers: []answer{{err: fails(messenger.MessengerPermanent)}}, posts: 1, tries: 2, within: 6 * time.Minute},
		"recipient":             {answers: []answer{{err: fails(messenger.RecipientPermanent)}}, posts: 1, tries: 2, within: 3 * time.Hour},
		"content":               {answers: []answer{{err: fails(messenger.ContentRejected)}}, posts: 1, tries: 2},
		"unclear, and made":     {answers: []answer{{made: true, err: unclear}}, posts: 1, tries: 1, within: time.Minute},
		"unclear, and not made": {answers: []answer{{err: unclear}}, posts: 1, tries: 2, within: time.Minute},
		"unclear for ever":      {answers: []answer{{made: true, err: unclear}}, cannotLook: true, posts: 2, tries: 2, within: time.Minute},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &world{lists: []accesslist.List{due("a", day, alice)}, answers: test.answers, cannotLook: test.cannotLook}
				began := time.Now()
				w.operator(t)
				time.Sleep(6 * day)
				posts := w.made()
				var tries int
				w.set(func() { tries = w.tries })
				if len(posts) != test.posts || tries != test.tries {
					t.Fatalf("%d messages after %d calls, want %d after %d", len(posts), tries, test.posts, test.tries)
				}
				last := posts[len(posts)-1]
				if took := last.at.Sub(began); took > test.within {
					t.Errorf("posted after %s", took)
				}
				if last.key != posts[0].key || len(last.key) != keyLength {
					t.Errorf("posted again under another key: %q", last.key)
				}
			})
		})
	}
}

// TestRestartDuringAPost covers an operator that ends between the call and the record.
func TestRestartDuringAPost(t *testing.T) {
	for _, made := range []bool{true, false} {
		t.Run(fmt.Sprintf("made: %t", made), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &world{
					lists:   []accesslist.List{due("a", day, alice)},
					answers: []answer{{made: made, err: messenger.BadResponse("post")}},
				}
				_, stop := w.operator(t)
				time.Sleep(time.Second)
				stop()
				next := time.Now()
				w.operator(t)
				time.Sleep(day)
				posts := w.made()
				if len(posts) != 1 {
					t.Fatalf("%d messages, want one", len(posts))
				}
				if !made && posts[0].at.Sub(next) < 30*time.Second {
					t.Error("the claim of another writer was not left alone")
				}
			})
		})
	}
}

// TestARestartAfterTheStoreHasFailed covers a post that could be stored only some time later: the
// next operator cannot look for it.
func TestARestartAfterTheStoreHasFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{lists: []accesslist.List{due("a", day, alice)}, cannotLook: true}
		w.answers = []answer{{made: true, storeErr: errors.New("unavailable")}}
		_, stop := w.operator(t)
		time.Sleep(time.Minute)
		w.set(func() { w.storeErr, w.lists = nil, nil })
		time.Sleep(time.Hour)
		stop()
		w.set(func() { w.lists = []accesslist.List{due("a", day, alice)} })
		w.operator(t)
		time.Sleep(day)
		if n := len(w.made()); n != 1 {
			t.Errorf("%d messages, want one", n)
		}
	})
}

// TestAReminderThatCameLate is followed by the next one a week later, and not before.
func TestAReminderThatCameLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{lists: []accesslist.List{due("a", day, alice)}}
		for range 5 * 24 {
			w.answers = append(w.answers, answer{err: &messenger.Error{Class: messenger.RecipientPermanent}})
		}
		w.operator(t)
		time.Sleep(20 * day)
		posts := w.made()
		if len(posts) < 2 || posts[1].at.Sub(posts[0].at) < week {
			t.Errorf("posts %+v", posts)
		}
	})
}

// TestAClockThatWasWrong keeps no owner from being reminded for years.
func TestAClockThatWasWrong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ahead := time.Now().AddDate(5, 0, 0).Unix()
		w := &world{lists: []accesslist.List{due("a", day, alice, bob)}}
		wrong := record{Version: recordVersion, Owners: map[string]entry{
			ownerID(alice): {Last: ahead}, ownerID(bob): {Since: ahead, By: "other", Tries: 1},
		}}
		var err error
		if w.text, err = wrong.encode(); err != nil {
			t.Fatal(err)
		}
		w.operator(t)
		time.Sleep(day)
		if diff := cmp.Diff([]string{alice + ": 1 access list to review", bob + ": 1 access list to review"}, w.told()); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

// TestMoreOwnersThanCanBeKept hear once all the same, if late.
func TestMoreOwnersThanCanBeKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		owners := []string{alice, bob, "carol@example.com", "dave@example.com", "eve@example.com"}
		w := &world{lists: []accesslist.List{due("a", day, owners...)}}
		full := record{Owners: map[string]entry{}}
		for i := range 4 {
			// By is long, so that the record need not have thousands of owners.
			full.Owners[ownerID(fmt.Sprint(i))] = entry{Last: time.Now().Add(-6 * day).Unix(), By: strings.Repeat("x", maxRecord/4-100)}
		}
		var err error
		if w.text, err = full.encode(); err != nil || maxRecord-len(w.text) > 300 {
			t.Fatalf("there are %d bytes left: %v", maxRecord-len(w.text), err)
		}
		r, _ := w.operator(t)
		time.Sleep(3 * time.Hour)
		if n := len(w.made()); n == 0 || n >= len(owners) {
			t.Errorf("%d of %d owners were reminded while there was no room", n, len(owners))
		}
		if got := r.Problem(); !strings.Contains(got, "no more owners") {
			t.Errorf("the problem is %q", got)
		}
		time.Sleep(day)
		times := map[string]int{}
		for _, p := range w.made() {
			times[p.to]++
		}
		if got := r.Problem(); len(times) != len(owners) || got != "" {
			t.Errorf("reminded are %v, and the problem is %q", times, got)
		}
		if len(w.made()) != len(owners) {
			t.Errorf("reminded are %v, want each once", times)
		}
	})
}

// TestTwoOperators run for a while at the same time.
func TestTwoOperators(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{}
		for i := range 50 {
			w.lists = append(w.lists, due("a", time.Duration(i)*time.Hour, fmt.Sprintf("owner-%d@example.com", i)))
		}
		for range 2 {
			w.operator(t)
		}
		time.Sleep(day)
		reminded := map[string]int{}
		for _, p := range w.made() {
			reminded[p.to]++
		}
		for owner, times := range reminded {
			if times > 1 {
				t.Errorf("%s was reminded %d times", owner, times)
			}
		}
		if len(reminded) != 50 {
			t.Errorf("%d of 50 owners were reminded", len(reminded))
		}
	})
}

// TestProblems: what keeps owners from being reminded is said, and passes.
func TestProblems(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{
			lists:    []accesslist.List{due("a", day, alice, "nameless")},
			listsErr: fmt.Errorf("list: %w", accessrequest.ErrNotAllowed), storeErr: fmt.Errorf("allow it: %w", ErrStoreDenied),
		}
		r, _ := w.operator(t)
		expect := func(want string, posts int) {
			t.Helper()
			time.Sleep(2 * time.Hour)
			if got := r.Problem(); want == "" && got != "" || !strings.Contains(got, want) || len(w.told()) != posts {
				t.Errorf("the problem is %q after %d posts, want %q after %d", got, len(w.told()), want, posts)
			}
		}
		expect("access_list", 0)
		w.set(func() { w.listsErr = nil })
		expect("allow it", 0)
		w.set(func() { w.storeErr = nil })
		expect("1 cannot be reminded", 1)
		w.set(func() { w.listsErr = accesslist.ErrTooMany })
		expect("told; there are more access lists than are read", 1)
		w.set(func() { w.lists[0].Owners = []string{alice} })
		expect("there are more access lists than are read", 1)
		w.set(func() { w.listsErr = nil })
		expect("", 1)
	})
}

// TestCallsAreCounted as those for access requests are, and an owner who cannot be reminded is
// named once.
func TestCallsAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{lists: []accesslist.List{due("a", day, alice, "nameless")}, metrics: metrics.New("test")}
		w.answers = []answer{
			{err: &messenger.Error{Class: messenger.Throttled, RetryAfter: time.Minute}},
			{err: messenger.BadResponse("post")}, {err: &messenger.Error{Class: messenger.ContentRejected}},
		}
		w.operator(t)
		time.Sleep(day)
		const labels = `messenger="Slack",name="approvals",namespace="team"`
		want := []string{
			`access_notifier_deliveries_total{action="find",` + labels + `,result="success"} 1`,
			`access_notifier_deliveries_total{action="post",` + labels + `,result="content"} 1`,
			`access_notifier_deliveries_total{action="post",` + labels + `,result="success"} 1`,
			`access_notifier_deliveries_total{action="post",` + labels + `,result="throttled"} 1`,
			`access_notifier_deliveries_total{action="post",` + labels + `,result="transient"} 1`,
			`access_notifier_throttled_seconds_total{` + labels + `} 60`,
		}
		if diff := cmp.Diff(want, w.counted(t)); diff != "" {
			t.Errorf("calls (-want +got):\n%s", diff)
		}
		named := []string{`OwnerSkipped nameless: Skipped owner "nameless" of access lists, who cannot be reminded: invalid_email_address`}
		if diff := cmp.Diff(named, w.notices); diff != "" {
			t.Errorf("notices (-want +got):\n%s", diff)
		}
	})
}

// TestOneTroublesomeOwner is not in the way of the others.
func TestOneTroublesomeOwner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{lists: []accesslist.List{due("a", day, alice, bob)}}
		for range 3 {
			w.answers = append(w.answers, answer{err: &messenger.Error{Class: messenger.Transient}}, answer{made: true})
		}
		w.operator(t)
		time.Sleep(time.Second)
		if got := w.told(); len(got) != 1 || !strings.HasPrefix(got[0], bob) {
			t.Errorf("told %q", got)
		}
	})
}

// TestManyTroublesomeOwners are not in the way of the others for good.
func TestManyTroublesomeOwners(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{unknown: map[string]error{}}
		for i := range 2 * maxFailures {
			owner := fmt.Sprintf("%d@example.com", i)
			w.unknown[owner] = &messenger.Error{Class: messenger.Transient}
			w.lists = append(w.lists, due(owner, day, owner))
		}
		w.unknown["a@example.com"] = &messenger.Error{Class: messenger.Throttled, RetryAfter: time.Minute}
		w.lists = append(w.lists, due("all", day, "a@example.com", bob))
		w.operator(t)
		time.Sleep(time.Hour)
		if got := w.told(); len(got) != 1 || !strings.HasPrefix(got[0], bob) {
			t.Errorf("told %q", got)
		}
	})
}

// TestUnreadableRecord: a record that makes no sense counts as none.
func TestUnreadableRecord(t *testing.T) {
	for _, text := range []string{"{", "[]", `{"version":2,"owners":{"a":{"last":9}}}`, `{"version":1}`, strings.Repeat(" ", maxRecord+1)} {
		if r := decode(text, time.Now()); len(r.Owners) != 0 || r.Owners == nil {
			t.Errorf("%.20q is read as %+v", text, r)
		}
	}
}
