package recipients_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/announce"
	"github.com/accessnotifier/accessnotifier/internal/notifier/breaker"
	"github.com/accessnotifier/accessnotifier/internal/notifier/dispatch"
	"github.com/accessnotifier/accessnotifier/internal/notifier/keeper"
	"github.com/accessnotifier/accessnotifier/internal/notifier/keeper/keepertest"
	"github.com/accessnotifier/accessnotifier/internal/notifier/quarantine"
	"github.com/accessnotifier/accessnotifier/internal/notifier/recipients"
	"github.com/accessnotifier/accessnotifier/internal/notifier/record"
	"github.com/accessnotifier/accessnotifier/internal/notifier/registry"
	"github.com/accessnotifier/accessnotifier/internal/notifier/timing"
	"github.com/accessnotifier/accessnotifier/internal/notifier/track"
	"github.com/accessnotifier/accessnotifier/internal/routing"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

// bench is the recipients of one open request.
type bench struct {
	*recipients.Recipients
	router  *routing.RuleRouter
	request *track.Request
	// answer is what the messenger says of each recipient, check what it says of the token.
	answer, check error
	// byName are the kinds of recipients that it knew by name only when it was asked.
	byName map[routing.Kind]bool
	heard  heard
}

// heard is what the recipients told the engine, from several look-ups at a time.
type heard struct {
	mu      sync.Mutex
	notices []string
	looks   int
}

func (h *heard) notice(n status.Notice) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.notices = append(h.notices, n.Reason)
}

func (h *heard) again(string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.looks++
}

// inBubble runs a test with rules that name one channel.
func inBubble(t *testing.T, test func(*testing.T, *bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := &bench{router: routing.NewRuleRouter(routing.Rules{Always: []string{"ops"}})}
		watch := b.make(t)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{}, 2)
		for _, run := range []func(context.Context){watch.Run, b.Run} {
			go func() {
				run(ctx)
				done <- struct{}{}
			}()
		}
		b.Release()
		test(t, b)
		stop()
		<-done
		<-done
	})
}

func (b *bench) make(t *testing.T) *breaker.Breaker {
	t.Helper()
	requests := registry.New()
	explain := func(e *messenger.Error) string { return e.Call + ": " + e.Code }
	announcer := announce.New(b.heard.notice, explain)
	watch := breaker.New(breaker.Options{Check: func(context.Context) error { return b.check }})
	b.Recipients = recipients.New(recipients.Options{
		Router: b.router,
		Find: func(_ context.Context, r routing.Recipient) (messenger.Address, error) {
			to := messenger.Address{ID: "id-" + r.Name}
			if b.byName[r.Kind] {
				to = messenger.Address{ID: r.Name, ByName: true}
			}
			return to, b.answer
		},
		Timing:    timing.Timing{}.WithDefaults(),
		Requests:  requests,
		Announcer: announcer,
		Explain:   explain,
		Breaker:   watch,
		Quarantine: quarantine.New(quarantine.Options{
			Log: logr.Discard(), First: time.Minute, Announcer: announcer, Again: func(string, time.Duration) {},
		}),
		Again:   b.heard.again,
		Changed: func() {},
	})
	k, err := keeper.New("r1", "me", &keepertest.Store{}, func() record.Owner { return record.Owner{} }, "")
	if err != nil {
		t.Fatal(err)
	}
	b.request = requests.Open(track.New("r1", k, track.Planner{Writer: "me"}))
	shown := accessrequest.Request{ID: "r1", User: "eve", State: accessrequest.Pending}
	b.request.Show(track.Truth{Request: shown, Mark: track.MarkOf(shown), Certainty: track.Current}, accessrequest.Cluster{})
	return watch
}

// TestARecipientHearsOnceItsAddressIsKnown covers the look-up that brings the request back.
func TestARecipientHearsOnceItsAddressIsKnown(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.Invite(t.Context(), b.request, nil)
		if jobs, _, _ := b.request.Next(); len(jobs) != 0 || b.request.Count().Unannounced {
			t.Errorf("%d jobs before an address is known", len(jobs))
		}
		synctest.Wait()
		b.Invite(t.Context(), b.request, nil)
		if jobs, _, _ := b.request.Next(); len(jobs) != 1 || jobs[0].Address != "id-ops" || b.heard.looks != 1 {
			t.Errorf("got the jobs %+v after %d looks", jobs, b.heard.looks)
		}
		if got := b.NameOf("id-ops", ""); got != "ops" {
			t.Errorf("the address is called %q", got)
		}
		if got := b.NameOf("id-other", "typed by a requester"); got != "id-other" {
			t.Errorf("an address that no rule names is called %q", got)
		}
	})
}

// TestARecipientNamedInTwoWaysHearsOnce covers one that was known by name only when it was looked
// up the one way, and by its id when the other way.
func TestARecipientNamedInTwoWaysHearsOnce(t *testing.T) {
	for _, stale := range []routing.Kind{routing.Any, routing.Channel} {
		inBubble(t, func(t *testing.T, b *bench) {
			b.byName = map[routing.Kind]bool{stale: true}
			b.router.Replace(routing.Rules{
				Always: []string{"ops"},
				Routes: []routing.RouteRule{{Name: "all", Recipients: []routing.Recipient{{Name: "ops", Kind: routing.Channel}}}},
			})
			b.Invite(t.Context(), b.request, nil)
			synctest.Wait()
			b.Invite(t.Context(), b.request, nil)
			if jobs, _, _ := b.request.Next(); len(jobs) != 1 || jobs[0].Address != "id-ops" {
				t.Errorf("got the jobs %+v while %q recipients are known by name", jobs, stale)
			}
		})
	}
}

// TestWhatARefusedLookUpIsAbout covers refusals of a recipient, of the call, and of the token.
func TestWhatARefusedLookUpIsAbout(t *testing.T) {
	failure := func(class messenger.Class) *messenger.Error {
		return &messenger.Error{Class: class, Call: "resolve", Code: "refused"}
	}
	broken := []status.UnresolvedRecipient{{Recipient: "ops", Message: "resolve: refused"}}
	for name, tt := range map[string]struct {
		answer, check error
		want          []status.UnresolvedRecipient
		notices       []string
	}{
		"found":                              {},
		"unknown":                            {answer: failure(messenger.RecipientPermanent), want: broken, notices: []string{status.NoticeRecipientFailed}},
		"not allowed":                        {answer: failure(messenger.PermissionMissing), want: broken, notices: []string{status.NoticeRecipientFailed}},
		"the token, but a check works":       {answer: failure(messenger.MessengerPermanent), want: broken, notices: []string{status.NoticeRecipientFailed}},
		"the token, which a check confirms":  {answer: failure(messenger.MessengerPermanent), check: failure(messenger.MessengerPermanent)},
		"the token, which cannot be checked": {answer: failure(messenger.MessengerPermanent), check: failure(messenger.Transient)},
		"trouble":                            {answer: failure(messenger.Transient)},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bench) {
				synctest.Wait()
				b.answer, b.check = tt.answer, tt.check
				b.LookUp()
				synctest.Wait()
				if got := b.Status(nil).Unresolved; !reflect.DeepEqual(got, tt.want) || !slices.Equal(b.heard.notices, tt.notices) {
					t.Errorf("unresolved are %+v, with the notices %v, want %+v with %v", got, b.heard.notices, tt.want, tt.notices)
				}
			})
		})
	}
}

// TestARecipientWhoseAddressRefusesIsUnresolved covers what deliveries found out.
func TestARecipientWhoseAddressRefusesIsUnresolved(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.LookUp()
		synctest.Wait()
		for class, want := range map[messenger.Class]int{
			messenger.RecipientPermanent: 1, messenger.PermissionMissing: 1, messenger.Transient: 0,
		} {
			got := b.Status(map[string]*messenger.Error{"id-ops": {Class: class}})
			if len(got.Unresolved) != want || !got.Decided {
				t.Errorf("%s: got %+v, want %d unresolved", class, got, want)
			}
		}
	})
}

// TestNewRulesAreUsedAtOnce covers the loop that waits for them.
func TestNewRulesAreUsedAtOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		ctx, stop := context.WithCancel(t.Context())
		changes, ended := 0, make(chan struct{})
		go func() {
			defer close(ended)
			b.Reroute(ctx, func() { changes++ })
		}()
		for i := range 3 {
			b.router.Replace(routing.Rules{Always: []string{"ops", string(rune('a' + i))}})
			synctest.Wait()
		}
		stop()
		<-ended
		if changes != 3 {
			t.Errorf("heard of %d changes, want 3", changes)
		}
	})
}

// TestWhomThereIsNoRoomForIsForgottenEverywhere covers more persons whom the messenger does
// not know than are remembered: requesters can name any number.
func TestWhomThereIsNoRoomForIsForgottenEverywhere(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.answer = &messenger.Error{Class: messenger.RecipientPermanent, Call: "resolve", Code: "unknown"}
		name := func(i int) {
			b.Lookup(routing.Recipient{Name: fmt.Sprintf("p%d@example.com", i), Person: true}, "eve")
			synctest.Wait()
		}
		const remembered = 4096
		for i := range remembered + 1 {
			name(i)
		}
		if len(b.heard.notices) != remembered+1 {
			t.Fatalf("%d notices, want one of each person", len(b.heard.notices))
		}
		if name(0); len(b.heard.notices) != remembered+2 {
			t.Error("a person who was forgotten is still known to have been named")
		}
	})
}

// TestNoRuleIsAskedAboutAnUnknownRequest covers one that is gone, and of whose record a part was
// lost: rules would take it for one that no one made, for nothing.
func TestNoRuleIsAskedAboutAnUnknownRequest(t *testing.T) {
	for user, told := range map[string]int{"": 0, "eve": 1} {
		inBubble(t, func(t *testing.T, b *bench) {
			b.request.Keeper.Learn(func(r *record.Record) { r.Status = record.Damaged })
			gone := accessrequest.Request{ID: "r1", User: user, State: accessrequest.Approved}
			b.request.Show(track.Truth{Request: gone, Mark: track.MarkOf(gone), Certainty: track.Ended}, accessrequest.Cluster{})
			for range 2 {
				b.Invite(t.Context(), b.request, nil)
				synctest.Wait()
			}
			if jobs, _, _ := b.request.Next(); len(jobs) != told {
				t.Errorf("%q: %d jobs, want %d", user, len(jobs), told)
			}
			if b.request.Close(); user == "" && !b.request.Closed() {
				t.Error("it is never finished with")
			}
		})
	}
}

// TestWhoShouldHearIsAskedOnceItIsKnownWhatBecame covers a process that starts, and reads the
// record of a request that is gone before it hears so from Teleport: the recipients that were not
// told yet are those of the rules. Of a request that only another plugin has announced, which
// names no recipient, none is told who has not heard.
func TestWhoShouldHearIsAskedOnceItIsKnownWhatBecame(t *testing.T) {
	for name, want := range map[string]bool{"other": true, "": false} {
		inBubble(t, func(t *testing.T, b *bench) {
			b.request.Keeper.Learn(func(r *record.Record) {
				r.State = accessrequest.Pending
				r.To = map[string]record.Entry{"id-other": {Addressee: record.Addressee{Name: name}, Ref: "id-other/1"}}
			})
			b.request.Show(track.Truth{}, accessrequest.Cluster{})
			b.Invite(t.Context(), b.request, nil)
			gone := accessrequest.Request{ID: "r1", User: "eve", State: accessrequest.Removed}
			b.request.Show(track.Truth{Request: gone, Mark: track.MarkOf(gone), Certainty: track.Ended, Retold: true}, accessrequest.Cluster{})
			for range 2 {
				b.Invite(t.Context(), b.request, nil)
				synctest.Wait()
			}
			jobs, _, _ := b.request.Next()
			told := slices.ContainsFunc(jobs, func(j dispatch.Job) bool { return j.Address == "id-ops" && j.Method == dispatch.Post })
			if told != want {
				t.Errorf("told as %q: got the jobs %+v, want a post to id-ops: %t", name, jobs, want)
			}
		})
	}
}
