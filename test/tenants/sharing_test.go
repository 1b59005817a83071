package tenants

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/test/kit/service"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

// TestBotsOfOthers: what a service asks of one tenant, or says of a token, is no matter of another's,
// but for what it asks of the token that both have.
func TestBotsOfOthers(t *testing.T) {
	try(t, map[string]attack{
		"a channel of the same bot that is flooded": {do: floodedChannel},
		"a server of the attacker asks for a pause": {on: service.Mattermost, do: pauseElsewhere},
		"tokens that are refused":                   {on: service.Mattermost, do: refusedTokens},
		"a receiver of the victim's":                {on: service.Webhook, do: webhookOfTheVictim},
	})
}

// floodedChannel: both have one bot, and Slack wants no more of the attacker's channel for an hour.
func floodedChannel(victim, attacker *tenant) {
	attacker.token = victim.token
	attacker.runs()
	attacker.announce()
	calls := victim.chat.Calls()["chat.postMessage"]
	victim.chat.Faults().Throttle(messengertest.Throttling{RetryAfter: time.Hour, Scope: messengertest.ScopeChannel, Target: attacker.channelID})
	defer victim.chat.Faults().Unthrottle()
	for range 50 {
		attacker.ask()
	}
	wait.Test(attacker.t, within, "Slack has refused a message", wait.True(func() bool { return victim.chat.Calls()["chat.postMessage"] > calls }))
	victim.works()
}

// pauseElsewhere: the victim's token at a server of the attacker's, which asks for a pause of a day.
func pauseElsewhere(victim, attacker *tenant) {
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.Header().Set("Retry-After", "86400")
		w.WriteHeader(http.StatusTooManyRequests)
	}))
	defer server.Close()
	attacker.token = victim.token
	attacker.putSecrets()
	made := attacker.notifier(attacker.name)
	made.Spec.Messenger.Mattermost.URL = v1alpha1.ServerURL(server.URL)
	attacker.create(made)
	attacker.await(attacker.name, v1alpha1.ConditionMessengerReady, metav1.ConditionFalse, "")
	if asked.Load() == 0 {
		attacker.t.Error("the attacker's server was not asked")
	}
}

// refusedTokens: many tokens that the victim's server does not know.
func refusedTokens(_, attacker *tenant) {
	for _, name := range []string{"one", "two", "three"} {
		attacker.token = "garbage-" + name
		attacker.putSecrets()
		attacker.create(attacker.notifier(name))
		attacker.await(name, v1alpha1.ConditionMessengerReady, metav1.ConditionFalse, v1alpha1.ReasonTokenRefused)
	}
}

// webhookOfTheVictim: events to the victim's receiver, which the attacker cannot sign.
func webhookOfTheVictim(victim, attacker *tenant) {
	attacker.token = "not-known-there"
	attacker.putSecrets()
	made := attacker.notifier(attacker.name)
	victim.service.Tell(&made.Spec, victim.channel)
	attacker.create(made)
	attacker.ask()
	attacker.await(attacker.name, v1alpha1.ConditionMessengerReady, metav1.ConditionFalse, "")
}

// TestRecordsOfOthers: a Teleport of the attacker's says what it likes of requests and records.
func TestRecordsOfOthers(t *testing.T) {
	try(t, map[string]attack{
		"the same cluster and requests": {on: service.Mattermost, do: sameRequests},
		"names that differ at the end":  {name: strings.Repeat("v", 252) + "a", do: namesThatDifferAtTheEnd},
	})
}

// sameRequests: the victim's request is over by the attacker's Teleport, whose records name the
// victim's message.
func sameRequests(victim, attacker *tenant) {
	id := victim.announce()
	before, err := victim.post(id)
	if err != nil {
		attacker.t.Fatal(err)
	}
	record := victim.teleport.PluginData(id, victim.plugin())
	attacker.teleport.PutTwin(id)
	for _, plugin := range []string{victim.plugin(), attacker.plugin()} {
		if err := attacker.teleport.WritePluginData(id, plugin, record); err != nil {
			attacker.t.Fatal(err)
		}
	}
	attacker.putSecrets()
	attacker.create(attacker.notifier(attacker.name))
	// A record that is another's is left to them.
	attacker.await(attacker.name, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonNameClash)
	if err := attacker.teleport.Resolve(id, accessrequest.Denied, "no"); err != nil {
		attacker.t.Fatal(err)
	}
	// The attacker's own are carried out as ever, after all of the above.
	attacker.announce()
	after, err := victim.post(id)
	if err != nil {
		attacker.t.Fatal(err)
	}
	if after.Revisions != before.Revisions || after.Text != before.Text {
		attacker.t.Errorf("the victim's message says now:\n%s", after.Text)
	}
	if now := victim.teleport.PluginData(id, victim.plugin())["record"]; now != record["record"] {
		attacker.t.Errorf("the victim's record is now %s", now)
	}
}

// namesThatDifferAtTheEnd: names as long as Kubernetes lets them be, which are the same where they
// are cut.
func namesThatDifferAtTheEnd(victim, attacker *tenant) {
	attacker.name = victim.name[:252] + "b"
	attacker.runs()
	attacker.works()
	victim.works()
	twin := attacker.notifier(victim.name[:252] + "c")
	attacker.create(twin)
	attacker.await(twin.Name, v1alpha1.ConditionReady, metav1.ConditionTrue, "")
	for _, n := range []*tenant{victim, attacker} {
		if len(n.events()) == 0 {
			n.t.Errorf("namespace %s has no Events", n.namespace)
		}
	}
	if err := attacker.client.Delete(attacker.t.Context(), twin); err != nil {
		attacker.t.Fatal(err)
	}
	// What the two of the attacker's have announced is their own affair.
	victim.works()
}
