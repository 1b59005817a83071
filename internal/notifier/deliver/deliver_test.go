package deliver_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/breaker"
	"github.com/accessnotifier/accessnotifier/internal/notifier/dispatch"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

// TestEachCallIsClaimedBefore covers what another operator reads while a call is under way.
func TestEachCallIsClaimedBefore(t *testing.T) {
	for method, what := range map[dispatch.Method]string{
		dispatch.Post: `"do":"post"`, dispatch.Edit: `"do":"edit"`, dispatch.Reply: `"do":"reply"`,
	} {
		t.Run(method.String(), func(t *testing.T) {
			inBubble(t, method, func(t *testing.T, b *bench) {
				b.service.called = func(call, key string) {
					if text, _ := b.store.Load(t.Context(), "r1"); !strings.Contains(text, what) || !strings.Contains(text, key) {
						t.Errorf("a %s with the key %q began under the record %s", call, key, text)
					}
				}
				b.Deliver(t.Context(), b.job())
				if text, _ := b.store.Load(t.Context(), "r1"); len(b.service.calls) != 1 || strings.Contains(text, what) {
					t.Errorf("made the calls %v, left the record %s", b.service.calls, text)
				}
			})
		})
	}
}

// TestNoCallBeginsWithoutItsClaim covers a store that grants none.
func TestNoCallBeginsWithoutItsClaim(t *testing.T) {
	for name, tt := range map[string]struct {
		answer func(write func() error) error
		want   dispatch.Result
	}{
		"down": {func(func() error) error { return fmt.Errorf("unavailable") }, dispatch.Retry()},
		"unclear": {func(write func() error) error {
			_ = write()
			return fmt.Errorf("no answer")
		}, dispatch.Retry()},
		"slow": {func(write func() error) error {
			time.Sleep(time.Minute)
			return write()
		}, dispatch.Retry()},
		"no room":    {func(func() error) error { return accessrequest.ErrRecordTooLarge }, dispatch.Skip()},
		"no request": {func(func() error) error { return accessrequest.ErrUnknownRequest }, dispatch.Skip()},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, dispatch.Post, func(t *testing.T, b *bench) {
				b.store.Decide(tt.answer)
				if got := b.Deliver(t.Context(), b.job()); got != tt.want || len(b.service.calls) != 0 {
					t.Errorf("got %+v after the calls %v, want %+v after none", got, b.service.calls, tt.want)
				}
			})
		})
	}
}

// TestWhatBecomesOfEachClassOfError is the table of docs/how-it-works.md.
func TestWhatBecomesOfEachClassOfError(t *testing.T) {
	failure := func(class messenger.Class) *messenger.Error {
		return &messenger.Error{Class: class, Call: "test", Code: class.String()}
	}
	same := func(result func(*messenger.Error) dispatch.Result) func(*bench, *messenger.Error) dispatch.Result {
		return func(_ *bench, e *messenger.Error) dispatch.Result { return result(e) }
	}
	retry := same(func(*messenger.Error) dispatch.Result { return dispatch.Retry() })
	skip := same(func(*messenger.Error) dispatch.Result { return dispatch.Skip() })
	block := same(func(e *messenger.Error) dispatch.Result {
		if e.Class == messenger.MessengerPermanent {
			e = e.WithClass(messenger.RecipientPermanent)
		}
		return dispatch.Block(e)
	})
	next := func(b *bench, _ *messenger.Error) dispatch.Result { return dispatch.Instead(b.job()) }
	refused := failure(messenger.MessengerPermanent)
	throttled := &messenger.Error{Class: messenger.Throttled, RetryAfter: 7 * time.Second, Scope: messenger.ScopeMethod}

	for name, tt := range map[string]struct {
		due     dispatch.Method
		answer  *messenger.Error
		check   error
		want    func(*bench, *messenger.Error) dispatch.Result
		notices []string
	}{
		"transient": {answer: failure(messenger.Transient), want: retry},
		"throttled": {answer: throttled, want: same(func(*messenger.Error) dispatch.Result {
			return dispatch.Throttled(7*time.Second, messenger.ScopeMethod)
		})},
		"recipient":  {answer: failure(messenger.RecipientPermanent), want: block, notices: []string{status.NoticeRecipientFailed}},
		"permission": {answer: failure(messenger.PermissionMissing), want: block, notices: []string{status.NoticeRecipientFailed}},
		"messenger, a check confirms it": {answer: refused, check: refused,
			want: same(func(*messenger.Error) dispatch.Result { return dispatch.HoldAll() })},
		"messenger, a check works":          {answer: refused, want: block, notices: []string{status.NoticeRecipientFailed}},
		"messenger, a check cannot be made": {answer: refused, check: failure(messenger.Transient), want: retry},
		"content, not plain yet":            {answer: failure(messenger.ContentRejected), want: next},
		"content of a reply":                {due: dispatch.Reply, answer: failure(messenger.ContentRejected), want: skip},
		"message is gone":                   {due: dispatch.Edit, answer: failure(messenger.MessageGone), want: skip},
		"message cannot be edited any more": {due: dispatch.Edit, answer: failure(messenger.MessageFinal), want: next, notices: []string{status.NoticeMessageFinal}},
		"message takes no replies":          {due: dispatch.Reply, answer: failure(messenger.MessageGone), want: skip},
		"message takes no replies any more": {due: dispatch.Reply, answer: failure(messenger.MessageFinal), want: skip},
		"transient, an edit":                {due: dispatch.Edit, answer: failure(messenger.Transient), want: retry},
		"recipient, an edit":                {due: dispatch.Edit, answer: failure(messenger.RecipientPermanent), want: block, notices: []string{status.NoticeRecipientFailed}},
		"messenger, an edit, a check works": {due: dispatch.Edit, answer: refused, want: block, notices: []string{status.NoticeRecipientFailed}},
		"throttled, a reply, as long as told": {due: dispatch.Reply, answer: throttled, want: same(func(*messenger.Error) dispatch.Result {
			return dispatch.Throttled(7*time.Second, messenger.ScopeMethod)
		})},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, tt.due, func(t *testing.T, b *bench) {
				b.service.answer, b.service.check = tt.answer, tt.check
				got := b.Deliver(t.Context(), b.job())
				if want := tt.want(b, tt.answer); !reflect.DeepEqual(got, want) {
					t.Errorf("got %+v, want %+v", got, want)
				}
				if !slices.Equal(b.notices, tt.notices) {
					t.Errorf("gave the notices %v, want %v", b.notices, tt.notices)
				}
			})
		})
	}
}

// TestRejectedContentIsSentPlainOnce covers a message that is refused in each rendering.
func TestRejectedContentIsSentPlainOnce(t *testing.T) {
	inBubble(t, dispatch.Post, func(t *testing.T, b *bench) {
		b.service.answer = &messenger.Error{Class: messenger.ContentRejected, Code: "too_long"}
		b.Deliver(t.Context(), b.job())
		if got := b.Deliver(t.Context(), b.job()); got != dispatch.Skip() {
			t.Errorf("got %+v, want that it is given up", got)
		}
		if jobs, _, _ := b.request.Next(); len(jobs) != 0 || !slices.Equal(b.service.calls, []string{"post", "post plain"}) {
			t.Errorf("made the calls %v, %d more are due", b.service.calls, len(jobs))
		}
		if !slices.Equal(b.notices, []string{status.NoticeContentRejected}) {
			t.Errorf("gave the notices %v", b.notices)
		}
	})
}

// TestAnAddressThatWaitsAgainAndAgainIsShown covers pauses of which none is long.
func TestAnAddressThatWaitsAgainAndAgainIsShown(t *testing.T) {
	inBubble(t, dispatch.Edit, func(t *testing.T, b *bench) {
		b.service.answer = &messenger.Error{Class: messenger.Throttled, RetryAfter: 28 * time.Second}
		for i, want := range []breaker.Status{breaker.Available, breaker.Available, breaker.Throttled} {
			b.Deliver(t.Context(), b.job())
			if got := b.breaker.State().Status; got != want {
				t.Errorf("after %d pauses: %v, want %v", i+1, got, want)
			}
			time.Sleep(28 * time.Second)
		}
	})
}

// TestACallThatWorkedGoesOn covers what is due after it.
func TestACallThatWorkedGoesOn(t *testing.T) {
	inBubble(t, dispatch.Edit, func(t *testing.T, b *bench) {
		job := b.job()
		got := b.Deliver(t.Context(), job)
		if want := dispatch.Again(b.job()); got != want || b.job().Method != dispatch.Reply {
			t.Errorf("after an edit: got %+v, want %+v", got, want)
		}
		if got := b.Deliver(t.Context(), b.job()); got != dispatch.Done() {
			t.Errorf("after the reply: got %+v, want %+v", got, dispatch.Done())
		}
		if got := b.Deliver(t.Context(), job); got != dispatch.Skip() || len(b.service.calls) != 2 {
			t.Errorf("got %+v after the calls %v, want no third one", got, b.service.calls)
		}
	})
}

// TestACallThatPanicsPutsItsRequestAside covers the calls that follow, too.
func TestACallThatPanicsPutsItsRequestAside(t *testing.T) {
	inBubble(t, dispatch.Post, func(t *testing.T, b *bench) {
		b.service.called = func(string, string) { panic("impossible") }
		job := b.job()
		for range 2 {
			if got := b.Deliver(t.Context(), job); got != dispatch.Skip() {
				t.Errorf("got %+v", got)
			}
		}
		if b.quarantine.Left("r1") == 0 || len(b.service.calls) != 1 {
			t.Errorf("put aside for %s after %d calls", b.quarantine.Left("r1"), len(b.service.calls))
		}
	})
}

// TestEveryCopyIsEdited covers a message with a stray: calls that take so long that a claim is
// too old for the second one, and records that cannot be kept.
func TestEveryCopyIsEdited(t *testing.T) {
	for name, store := range map[string]func(write func() error) error{
		"slowly":           nil,
		"without a record": func(func() error) error { return fmt.Errorf("unavailable") },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, dispatch.Edit, func(t *testing.T, b *bench) {
				b.stray()
				b.store.Decide(store)
				var edited []string
				b.service.called = func(_, ref string) {
					edited = append(edited, ref)
					time.Sleep(6 * time.Second)
				}
				for range 2 {
					b.Deliver(t.Context(), b.job())
					time.Sleep(time.Minute)
				}
				if want := []string{"c/1", "c/2"}; len(edited) < 2 || !slices.Equal(edited[:2], want) {
					t.Errorf("edited %v, want %v first", edited, want)
				}
			})
		})
	}
}

// TestAnEditEndsWhereAnotherWriterHasEditedMeanwhile covers one that has a stray left to edit.
func TestAnEditEndsWhereAnotherWriterHasEditedMeanwhile(t *testing.T) {
	inBubble(t, dispatch.Edit, func(t *testing.T, b *bench) {
		b.stray()
		b.service.called = func(string, string) {
			time.Sleep(6 * time.Second)
			b.otherEdits("theirs")
		}
		b.Deliver(t.Context(), b.job())
		if shown := b.request.Keeper.Record().To["c"].Shown; len(b.service.calls) != 1 || shown != "theirs" {
			t.Errorf("made the calls %v, the record says that %q is shown", b.service.calls, shown)
		}
	})
}

// TestARefusedTokenLeavesNoClaim covers calls that were clearly refused to a token: who comes with
// another one finds nothing to wait for. One that may have been made keeps its claim.
func TestARefusedTokenLeavesNoClaim(t *testing.T) {
	for _, due := range []dispatch.Method{dispatch.Post, dispatch.Edit, dispatch.Reply} {
		for _, unclear := range []bool{false, true} {
			inBubble(t, due, func(t *testing.T, b *bench) {
				refused := &messenger.Error{Class: messenger.MessengerPermanent, Code: "invalid_auth", Unclear: unclear}
				b.service.answer, b.service.check = refused, refused
				if got := b.Deliver(t.Context(), b.job()); got != dispatch.HoldAll() {
					t.Errorf("got %+v", got)
				}
				text, err := b.store.Load(t.Context(), "r1")
				if claimed := strings.Contains(text, `"by":"me"`); err != nil || claimed != unclear {
					t.Errorf("%v, unclear: %t: the store holds %s", due, unclear, text)
				}
			})
		}
	}
}

// TestAPostThatMayBeAnEarlierOneIsEdited covers a post without a clear result, and a service that
// answers to the next one under the same key with the message that is there.
func TestAPostThatMayBeAnEarlierOneIsEdited(t *testing.T) {
	asItIs := func(s *service) messenger.Messenger { return s }
	for name, tt := range map[string]struct {
		see              func(*service) messenger.Messenger
		unclear, changed bool
		known            bool
	}{
		"clear":   {see: asItIs, changed: true, known: true},
		"changed": {see: asItIs, unclear: true, changed: true},
		"same":    {see: asItIs, unclear: true, known: true},
		// It is a message of its own.
		"changed, without edits": {see: withoutEdits, unclear: true, changed: true, known: true},
	} {
		inBubbleWith(t, tt.see, dispatch.Post, func(t *testing.T, b *bench) {
			b.service.answer = &messenger.Error{Class: messenger.Transient, Code: "timeout", Unclear: tt.unclear}
			b.Deliver(t.Context(), b.job())
			if tt.changed {
				b.review("bob")
			}
			b.service.answer = nil
			time.Sleep(time.Minute)
			b.Deliver(t.Context(), b.job())
			e := b.request.Keeper.Record().To["c"]
			if known := e.Shown != ""; e.Ref == "" || known != tt.known || (e.Replies > 0) != tt.known {
				t.Errorf("%s: the record says %+v, want it to know what is shown: %t", name, e, tt.known)
			}
		})
	}
}

// TestADecisionIsToldToWhoMayHaveBeenTold covers a record that is lost, at a service that has no
// history: it is not known who has heard of the request that is decided by now.
func TestADecisionIsToldToWhoMayHaveBeenTold(t *testing.T) {
	inBubble(t, dispatch.Edit, func(t *testing.T, b *bench) {
		b.lose()
		b.decide()
		b.Deliver(t.Context(), b.job())
		b.Deliver(t.Context(), b.job())
		if e := b.request.Keeper.Record().To["c"]; e.Ref == "" || len(b.service.calls) != 1 {
			t.Errorf("the record says %+v after the calls %v, want one post", e, b.service.calls)
		}
	})
}
