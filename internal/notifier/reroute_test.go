package notifier_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/routing"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

// TestAChangeOfRulesRoutesOpenRequestsAgain covers rules that are edited while an engine
// works. A request that had no recipient before is announced, too; one that is resolved
// is not.
func TestAChangeOfRulesRoutesOpenRequestsAgain(t *testing.T) {
	forEachKind(t, func(t *testing.T, w *world) {
		router := routing.NewRuleRouter(routing.Rules{RoleToRecipients: map[string][]string{"editor": {"a", "b"}}})
		w.router = router
		o := w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		other := request("r2", pending)
		other.Roles = []string{"auditor"}
		w.cluster.put(other, true)
		w.cluster.put(request("r3", denied), true)
		settle()
		w.expect("r1", pending, "id-a", "id-b")
		if s := o.Snapshot(); s.Open != 2 || s.Unannounced != 1 {
			t.Errorf("%d requests are open, %d of them are not announced, want 2 and 1", s.Open, s.Unannounced)
		}

		router.Replace(routing.Rules{RoleToRecipients: map[string][]string{"*": {"b", "c"}}})
		settle()
		w.expect("r1", pending, "id-a", "id-b", "id-c")
		w.expect("r2", pending, "id-b", "id-c")
		w.expectNone("r2", "id-a")
		w.expectNone("r3", allAddresses...)
		if s := o.Snapshot(); s.Open != 2 || s.Unannounced != 0 || s.Undelivered != 0 {
			t.Errorf("then %d are open, %d not announced and %d messages undelivered, want 2, 0 and 0", s.Open, s.Unannounced, s.Undelivered)
		}

		// As after a change with a restart, no message is left untrue.
		w.cluster.put(request("r1", approved), true)
		settle()
		w.expect("r1", approved, allAddresses...)
		w.expectClosed("r1")
	})
}

// TestARecipientThatIsNotConfiguredAnyMoreIsForgotten covers one that does not work: it
// is not looked up, counted or named any more.
func TestARecipientThatIsNotConfiguredAnyMoreIsForgotten(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		router := routing.NewRuleRouter(routing.Rules{Always: []string{"a", "unknown"}})
		w.router = router
		w.chat.refuse(messenger.RecipientPermanent, func(call, address string) bool {
			return call == "resolve" && address == "unknown"
		})
		o := w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		settle()
		if s := o.Snapshot(); len(s.Unresolved) != 1 || s.Undelivered != 1 {
			t.Fatalf("unexpected snapshot %+v", s)
		}

		router.Replace(routing.Rules{Always: []string{"a"}})
		settle()
		if s := o.Snapshot(); len(s.Unresolved) != 0 || s.Undelivered != 0 || !s.Decided {
			t.Errorf("unexpected snapshot %+v", s)
		}
		before := w.chat.count("resolve", "unknown")
		after(24 * time.Hour)
		if n := w.chat.count("resolve", "unknown") - before; n != 0 {
			t.Errorf("it is looked up %d times", n)
		}

		router.Replace(routing.Rules{Always: []string{"unknown"}})
		settle()
		if n := w.notices.count(status.NoticeRecipientFailed); n != 2 {
			t.Errorf("%d notices, want another when it is configured again", n)
		}
	})
}

// judge is a router with a rule that cannot be judged for now.
type judge struct {
	*routing.RuleRouter

	mu      sync.Mutex
	failure error
}

func (j *judge) Route(ctx context.Context, request accessrequest.Request) (routing.Route, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	route, _ := j.RuleRouter.Route(ctx, request)
	return route, j.failure
}

func (j *judge) fail(failure error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.failure = failure
}

// TestARuleThatCannotBeJudgedIsNamedAndLosesNoRequest covers a router that fails: whom it
// knows is told, whoever was told before is not given up, and the rest follows.
func TestARuleThatCannotBeJudgedIsNamedAndLosesNoRequest(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		router := &judge{RuleRouter: routing.NewRuleRouter(routing.Rules{Always: []string{"a", "b"}})}
		w.router = router
		o := w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		settle()

		router.fail(errors.New("rule production: no such field"))
		router.Replace(routing.Rules{Always: []string{"c"}})
		settle()
		w.cluster.put(request("r2", pending), true)
		settle()
		w.expect("r1", pending, allAddresses...)
		w.expect("r2", pending, "id-c")
		if s := o.Snapshot(); s.Rules == nil || s.Open != 2 || s.Unannounced != 0 {
			t.Errorf("unexpected snapshot %+v", s)
		}
		if n := w.notices.count(status.NoticeRuleFailed); n != 2 {
			t.Errorf("%d notices, want one for each request", n)
		}

		// A resolved request does not wait for a rule.
		w.cluster.put(request("r1", denied), true)
		settle()
		w.expect("r1", denied, allAddresses...)
		w.expectClosed("r1")

		router.fail(nil)
		router.Replace(routing.Rules{Always: []string{"a", "c"}})
		settle()
		w.expect("r2", pending, "id-a", "id-c")
		if s := o.Snapshot(); s.Rules != nil {
			t.Errorf("the snapshot still says %v", s.Rules)
		}
	})
}

// TestARuleThatCannotBeJudgedIsTriedAgain covers one that works later without any change.
func TestARuleThatCannotBeJudgedIsTriedAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		router := &judge{RuleRouter: routing.NewRuleRouter(routing.Rules{})}
		router.fail(errors.New("rule production: took too long"))
		w.router = router
		o := w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		settle()
		if s := o.Snapshot(); s.Rules == nil || s.Unannounced != 0 {
			t.Errorf("unexpected snapshot %+v", s)
		}
		router.fail(nil)
		after(6 * time.Minute)
		if s := o.Snapshot(); s.Rules != nil || s.Unannounced != 1 {
			t.Errorf("unexpected snapshot %+v", s)
		}
	})
}
