package notifier_test

import (
	"slices"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/routing"
)

// TestASuppressedRequestIsNotMissed covers a route that suppresses: no recipient hears, and nothing is
// wrong. Once it is gone, the request is announced.
func TestASuppressedRequestIsNotMissed(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		rules := routing.Rules{RoleToRecipients: map[string][]string{"*": {"a"}}, Routes: []routing.RouteRule{{Name: "quiet", Suppress: true}}}
		router := routing.NewRuleRouter(rules)
		w.router = router
		o := w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		settle()
		w.expectNone("r1", "id-a")
		if s := o.Snapshot(); s.Open != 1 || s.Unannounced != 0 || len(w.notices.all) != 0 {
			t.Errorf("unexpected snapshot %+v and notices %+v", s, w.notices.all)
		}
		rules.Routes = nil
		router.Replace(rules)
		settle()
		w.expect("r1", pending, "id-a")
	})
}

// TestARecipientOfAnotherKindIsNotTold covers a channel that turns out to be a person, and the
// other way round.
func TestARecipientOfAnotherKindIsNotTold(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.chat.direct = []string{"b", "c"}
		w.router = routing.NewRuleRouter(routing.Rules{Always: []string{"c"}, Routes: []routing.RouteRule{{
			Name: "all", Recipients: []routing.Recipient{
				{Name: "a", Kind: routing.Channel}, {Name: "b", Kind: routing.User}, {Name: "c", Kind: routing.User},
				{Name: "a", Kind: routing.User}, {Name: "b", Kind: routing.Channel},
			},
		}}})
		o := w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		settle()
		w.expect("r1", pending, allAddresses...)
		var names, codes []string
		for _, r := range o.Snapshot().Unresolved {
			names, codes = append(names, r.Recipient), append(codes, r.Message)
		}
		if !slices.Equal(names, []string{"a", "b"}) || len(codes) != 2 {
			t.Errorf("not resolved are %q: %q", names, codes)
		}
		// Both names of the address are named once when it refuses messages.
		w.chat.refuse(messenger.RecipientPermanent, func(call, address string) bool { return call == "post" && address == "id-c" })
		w.cluster.put(request("r2", pending), true)
		after(time.Second)
		if s := o.Snapshot(); len(s.Unresolved) != 3 {
			t.Errorf("not resolved are %+v", s.Unresolved)
		}
	})
}
