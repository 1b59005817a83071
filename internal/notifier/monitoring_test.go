package notifier_test

import (
	"context"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/routing"
)

// ruled is a Teleport with one Access Monitoring Rule, for the recipient a.
type ruled struct{}

func (ruled) MonitoringRules() *accessrequest.MonitoringRules { return oneRule }

func (ruled) MonitoringRulesChanged() <-chan struct{} { return nil }

func (ruled) Labels(context.Context, []accessrequest.Resource) ([]map[string]string, error) {
	return nil, nil
}

func (ruled) Traits(context.Context, string) (map[string][]string, error) { return nil, nil }

var oneRule = &accessrequest.MonitoringRules{Known: true, Rules: []accessrequest.MonitoringRule{
	{Name: "all", Condition: "true", Plugin: "chat", Recipients: []string{"a"}},
}}

// TestARuleOfWhichNoRecipientCanBeFoundDoesNotCount covers one that works later as well:
// what it said then counts again, and no message is left untrue.
func TestARuleOfWhichNoRecipientCanBeFoundDoesNotCount(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.router = routing.NewMonitoringRouter(routing.Rules{
			RoleToRecipients: map[string][]string{"*": {"b"}}, Always: []string{"c"}, Plugin: "chat",
		}, ruled{})
		w.chat.refuse(messenger.RecipientPermanent, func(call, address string) bool {
			return call == "resolve" && address == "a"
		})
		o := w.start()
		settle()
		w.cluster.put(request("r1", pending), true)
		settle()
		w.expect("r1", pending, "id-b", "id-c")
		w.expectNone("r1", "id-a")
		if s := o.Snapshot(); len(s.Unresolved) != 1 || s.Undelivered != 0 {
			t.Errorf("unexpected snapshot %+v", s)
		}

		w.chat.refuse(messenger.RecipientPermanent, func(string, string) bool { return false })
		after(10 * time.Minute)
		w.expect("r1", pending, allAddresses...)
		w.cluster.put(request("r2", pending), true)
		settle()
		w.expect("r2", pending, "id-a", "id-c")
		w.expectNone("r2", "id-b")
		w.cluster.put(request("r1", denied), true)
		settle()
		w.expect("r1", denied, allAddresses...)
		w.expectClosed("r1")
	})
}
