package check_test

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/check"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/golden"
	"github.com/accessnotifier/accessnotifier/internal/review"
	"github.com/accessnotifier/accessnotifier/internal/routing"
	"github.com/accessnotifier/accessnotifier/internal/routing/match"
	"github.com/accessnotifier/accessnotifier/internal/teleport"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
	"github.com/accessnotifier/accessnotifier/internal/wording"
	"github.com/accessnotifier/accessnotifier/test/kit/service"
)

var tokenRef = v1alpha1.SecretKeyReference{Name: "bot"}

// TestAllIsWell with every service: nothing fails, and nothing is posted.
func TestAllIsWell(t *testing.T) {
	for _, s := range service.All {
		t.Run(s.Name(), func(t *testing.T) {
			w := newWorld(t, s, messengertest.Options{}, teleporttest.Options{})
			w.also(s.Person("alice@example.com", w.chat.AddUser("alice@example.com")))
			report := check.Run(t.Context(), w.options)
			if !report.OK() {
				t.Error("a check failed")
			}
			golden.Text(t, s.Name()+".txt", w.print(report))
			if posts := w.chat.Posts(); len(posts) > 0 {
				t.Errorf("posted %d messages", len(posts))
			}
		})
	}
}

// TestMessagesOfAPluginAreNamed covers a plugin whose place the notifier takes: requests that
// it has finished with, and those of which it could tell no recipient, are left out.
func TestMessagesOfAPluginAreNamed(t *testing.T) {
	w := newWorld(t, service.Slack, messengertest.Options{}, teleporttest.Options{})
	for _, data := range []map[string]string{
		{"messages": "C1/1.1,C2/1.2"},
		{"messages": "C1/2.1", "resolution": "APPROVED"},
		{"messages": "carol@example.com/"},
	} {
		id, err := w.cluster.CreateRequest(teleporttest.RequestSpec{User: "alice", Roles: []string{"editor"}})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.cluster.WritePluginData(id, "slack", data); err != nil {
			t.Fatal(err)
		}
	}
	for plugin, want := range map[string]bool{"slack": true, "": false, "other": false} {
		w.options.Spec.Predecessor = plugin
		report := check.Run(t.Context(), w.options)
		text := w.print(report)
		if named := strings.Contains(text, "has announced 1 request, whose messages are taken over"); named != want || !report.OK() {
			t.Errorf("after %q, they are named: %v, want %v:\n%s", plugin, named, want, text)
		}
	}
}

// TestASentTestIsMarkedAsOne with every service, and once for each address.
func TestASentTestIsMarkedAsOne(t *testing.T) {
	for _, s := range service.All {
		t.Run(s.Name(), func(t *testing.T) {
			w := newWorld(t, s, messengertest.Options{}, teleporttest.Options{})
			w.also(s.Person("alice@example.com", w.chat.AddUser("alice@example.com")))
			w.options.SendTest = true
			if report := check.Run(t.Context(), w.options); !report.OK() {
				t.Error(w.print(report))
			}
			posts := w.chat.Posts()
			if len(posts) != 2 {
				t.Fatalf("posted %d messages, want one to the channel and one to the person", len(posts))
			}
			for _, post := range posts {
				passed := post.Revisions == 2 && strings.Contains(post.Text, "Test passed")
				if !strings.Contains(post.History[0], "test") || passed != s.Edits() {
					t.Errorf("the message is %+v", post)
				}
			}
		})
	}
}

// failure is something that is wrong, and how the report names it.
type failure struct {
	service service.Service
	chat    messengertest.Options
	cluster teleporttest.Options
	spoil   func(*world)
	// want is the line that names it, without the spaces between its parts.
	want check.Result
}

func failures() map[string]failure {
	const teleportGroup, recipients = "Teleport", "Recipients"
	role := func(kind string, verbs ...string) teleporttest.Options {
		return teleporttest.Options{Permissions: map[string]teleporttest.Permissions{
			teleporttest.PluginRole: teleporttest.PluginPermissions().With(kind, verbs...),
		}}
	}
	allBut := func(scope string) messengertest.Options {
		var scopes []string
		for _, s := range []string{
			"chat:write", "users:read", "users:read.email", "im:write", "channels:read", "groups:read",
			"channels:history", "groups:history", "im:history",
		} {
			if s != scope {
				scopes = append(scopes, s)
			}
		}
		return messengertest.Options{Scopes: scopes}
	}
	return map[string]failure{
		"expired identity": {
			spoil: func(w *world) { w.identity(teleporttest.IdentityOptions{TTL: -time.Hour, NotBefore: -2 * time.Hour}) },
			want:  check.Result{Group: teleportGroup, Mark: check.Failed, Subject: "identity", Advice: "Check that tbot still renews it, or sign a new one with tctl"},
		},
		"identity that is hardly valid any more": {
			spoil: func(w *world) { w.identity(teleporttest.IdentityOptions{TTL: 5 * time.Minute}) },
			want:  check.Result{Group: teleportGroup, Mark: check.Warned, Subject: "expiry", Advice: "Check that tbot still renews it, or sign a new one with tctl"},
		},
		"identity of another cluster": {
			spoil: func(w *world) { w.identity(teleporttest.IdentityOptions{OtherCluster: true}) },
			want:  check.Result{Group: teleportGroup, Mark: check.Failed, Subject: "connection", Advice: "The identity is of another cluster, or the Proxy's web certificate is signed by a private CA, which must be given"},
		},
		"Teleport cannot be reached": {
			spoil: func(w *world) { w.options.Spec.Teleport.Address = "127.0.0.1:1" },
			want:  check.Result{Group: teleportGroup, Mark: check.Failed, Subject: "connection", Advice: "Check the port and the address, that Teleport runs, firewalls and network policies"},
		},
		"role without access_request": {
			cluster: role("access_request"),
			want:    check.Result{Group: teleportGroup, Mark: check.Failed, Subject: "access_request", Advice: "Let a role of that user allow list and read on access_request"},
		},
		"role without access_plugin_data": {
			cluster: role("access_plugin_data"),
			want:    check.Result{Group: teleportGroup, Mark: check.Failed, Subject: "access_plugin_data", Advice: "Let a role of that user allow read and update on access_plugin_data"},
		},
		"role without access_monitoring_rule": {
			cluster: role("access_monitoring_rule"),
			want:    check.Result{Group: teleportGroup, Mark: check.Warned, Subject: "access_monitoring_rule", Advice: "Let a role of that user allow list and read on access_monitoring_rule"},
		},
		"role without user, which a trait needs": {
			cluster: role("user"),
			spoil:   func(w *world) { w.options.Spec.Rules.Requester, w.options.Spec.Rules.RequesterTrait = true, "slack_id" },
			want:    check.Result{Group: teleportGroup, Mark: check.Warned, Subject: "user", Advice: "Let a role of that user allow read on user"},
		},
		"role without user, which a route needs": {
			cluster: role("user"),
			spoil: func(w *world) {
				w.options.Spec.Rules.Routes = []routing.RouteRule{{Name: "team", Match: match.Source{Condition: `"dev" in user.traits["team"]`}}}
			},
			want: check.Result{Group: teleportGroup, Mark: check.Warned, Subject: "user", Advice: "Let a role of that user allow read on user"},
		},
		"revoked token": {
			spoil: func(w *world) { w.chat.RevokeToken(messengertest.DefaultToken) },
			want:  check.Result{Group: "Slack", Mark: check.Failed, Subject: "token", Finding: "Slack at chat.example.com says that the bot token was revoked (code token_revoked in auth.test)", Advice: `Replace the bot token by one that works; the token is key "token" of Secret "bot"`},
		},
		"revoked token of Discord": {
			service: service.Discord,
			spoil:   func(w *world) { w.chat.RevokeToken(messengertest.DefaultToken) },
			want:    check.Result{Group: "Discord", Mark: check.Failed, Subject: "token", Finding: "Discord at chat.example.com does not accept the bot token (HTTP status 401)", Advice: `Replace the bot token; the token is key "token" of Secret "bot"`},
		},
		"no token": {
			spoil: func(w *world) { w.options.Spec.Messenger.Secrets = nil },
			want:  check.Result{Group: "Slack", Mark: check.Failed, Subject: "settings", Finding: "slack: the token is empty", Advice: "Put the bot's token, and nothing else, where it is read from"},
		},
		"service that is down": {
			spoil: func(w *world) { w.chat.Faults().RefuseConnections(true) },
			want:  check.Result{Group: "Slack", Mark: check.Failed, Subject: "token", Finding: "Connections to Slack at chat.example.com are refused, or it did not answer in time", Advice: "Check its host and port, that it runs, and that proxies, firewalls and network policies let the operator through"},
		},
		"missing scope": {
			chat: allBut("chat:write"),
			want: check.Result{Group: "Slack", Mark: check.Failed, Subject: "chat:write", Finding: "may not post and edit messages", Advice: "Add the scope chat:write to the app, and install it again"},
		},
		"missing scope that is optional": {
			chat: allBut("im:history"),
			want: check.Result{Group: "Slack", Mark: check.Warned, Subject: "im:history", Advice: "Add the scope im:history to the app, and install it again"},
		},
		"bot not in the channel": {
			spoil: func(w *world) { w.chat.Kick(w.chat.AddChannel("quiet")); w.also("quiet") },
			want:  check.Result{Group: recipients, Mark: check.Failed, Subject: "quiet", Finding: "Slack at chat.example.com says that the bot is not in the channel (code not_in_channel in conversations.info)", Advice: "Invite the bot to the channel"},
		},
		"bot not in the channel of Mattermost": {
			service: service.Mattermost,
			spoil:   func(w *world) { w.chat.Kick(w.chat.AddChannel("quiet")); w.also("main/quiet") },
			want:    check.Result{Group: recipients, Mark: check.Failed, Subject: "main/quiet", Advice: "Add the bot to the team and to the channel, and let it post there"},
		},
		"bot that cannot see the channel of Discord": {
			service: service.Discord,
			spoil: func(w *world) {
				id := w.chat.AddChannel("quiet")
				w.chat.Kick(id)
				w.also(id)
			},
			want: check.Result{Group: recipients, Mark: check.Failed, Advice: "Give the bot the permission View Channel"},
		},
		"unknown recipient": {
			spoil: func(w *world) { w.also("no-such-channel") },
			want:  check.Result{Group: recipients, Mark: check.Failed, Subject: "no-such-channel", Finding: "Slack at chat.example.com knows no such channel, or hides it from the bot (code channel_not_found in conversations.list)", Advice: "Check the channel, and invite the bot if it is private"},
		},
		"unknown person": {
			spoil: func(w *world) { w.also("mallory@example.com") },
			want:  check.Result{Group: recipients, Mark: check.Failed, Subject: "mallory@example.com", Finding: "Slack at chat.example.com knows no account with this e-mail address (code users_not_found in users.lookupByEmail)"},
		},
		"channel that only a test could show": {
			chat: messengertest.Options{Scopes: []string{"chat:write"}},
			want: check.Result{Group: recipients, Mark: check.Warned, Subject: "ops", Advice: "Let --send-test show it, or give the bot the scopes to read channels"},
		},
		"test that is refused": {
			spoil: func(w *world) {
				w.options.SendTest = true
				w.also(w.chat.AddChannel("announcements", messengertest.ReadOnly()))
			},
			want: check.Result{Group: recipients, Mark: check.Failed, Finding: "Slack at chat.example.com does not allow the bot to do this there (code restricted_action in chat.postMessage)"},
		},
		"no recipient of other roles": {
			spoil: func(w *world) { w.options.Spec.Rules.RoleToRecipients = map[string][]string{"editor": {"ops"}} },
			want:  check.Result{Group: recipients, Mark: check.Warned, Subject: "routing", Advice: `Add an entry "*" for roles without one of their own`},
		},
		"recipients of reminders only": {
			service: service.PagerDuty,
			spoil: func(w *world) {
				w.options.Spec.Rules.Reminders = []routing.Reminder{{Recipients: []routing.Recipient{{Name: "on-call", Kind: routing.Channel}}}}
				w.options.Spec.Rules.RoleToRecipients = nil
			},
			want: check.Result{Group: recipients, Mark: check.Passed, Subject: "routing", Finding: "1 recipient of reminders, for every request that stays pending"},
		},
		"route that does not compile": {
			spoil: func(w *world) {
				w.options.Spec.Rules.Routes = []routing.RouteRule{{Name: "typo", Match: match.Source{Condition: `request.usr == ""`}, Suppress: true}}
			},
			want: check.Result{
				Group: recipients, Mark: check.Failed, Subject: "route typo", Finding: "spec.routes[0].match.condition:1:8: undefined field 'usr'",
				Advice: "Mend the condition; until then the route is left out",
			},
		},
		"channel that is a person": {
			spoil: func(w *world) {
				w.chat.AddUser("alice@example.com")
				w.options.Spec.Rules.Routes = []routing.RouteRule{{Name: "all", Recipients: []routing.Recipient{{Name: "alice@example.com", Kind: routing.Channel}}}}
			},
			want: check.Result{Group: recipients, Mark: check.Failed, Subject: "alice@example.com", Finding: "The recipient is a person of Slack at chat.example.com, and is named as a channel", Advice: "Name it as user"},
		},
		"group of a reminder that is not there": {
			spoil: func(w *world) {
				w.options.Spec.Rules.Reminders = []routing.Reminder{{Recipients: []routing.Recipient{{Name: "ops", Kind: routing.Channel}, {Name: "crew", Kind: routing.Group}}}}
			},
			want: check.Result{Group: recipients, Mark: check.Failed, Subject: "crew", Finding: "Slack at chat.example.com has no such user group", Advice: "Check the handle of the user group"},
		},
		"problem of the settings": {
			spoil: func(w *world) {
				w.options.Problems = []check.Problem{{Where: "line 3", Message: "Nothing is here; do something", Warning: true}}
			},
			want: check.Result{Group: "Configuration", Mark: check.Warned, Subject: "line 3", Finding: "Nothing is here", Advice: "Do something"},
		},
		"Secrets that cannot be read": {
			spoil: func(w *world) {
				w.options.Problems = []check.Problem{{Where: "secret", Message: "Secret is gone; create it"}}
				w.options.Spec.Teleport.Identity, w.options.Spec.Messenger.Secrets = teleport.Credentials{}, nil
			},
			want: check.Result{Group: "Configuration", Mark: check.Failed, Subject: "secret", Finding: "Secret is gone", Advice: "Create it"},
		},
		"deciding from chat with an older server": {
			cluster: teleporttest.Options{Version: "18.10.0"},
			spoil:   func(w *world) { w.options.Spec.Review = review.Spec{Mode: review.Full, Trait: "slack_uid"} },
			want: check.Result{
				Group: "Teleport", Mark: check.Warned, Subject: "reviews in chat", Advice: "That needs Teleport Enterprise 18.11 or 19",
				Finding: "this cluster takes no reviews for users, so that messages have no buttons",
			},
		},
		"deciding from chat without the right to": {
			cluster: teleporttest.Options{Version: "19.0.0"},
			spoil:   func(w *world) { w.options.Spec.Review = review.Spec{Mode: review.Full, Trait: "slack_uid"} },
			want: check.Result{
				Group: "Teleport", Mark: check.Warned, Subject: "review_requests",
				Finding: `The identity of user "access-plugin" may not submit reviews for all users (optional)`,
				Advice:  "Let a role of that user allow review_requests.submit_for_users",
			},
		},
		"deciding from chat without the right to list users": {
			cluster: teleporttest.Options{Version: "19.0.0"},
			spoil: func(w *world) {
				w.options.Spec.Review = review.Spec{Mode: review.DenyOnly, Trait: "slack_uid"}
				w.cluster.SetPermissions(teleporttest.PluginRole, teleporttest.ReviewPluginPermissions().With("user", "read"))
			},
			want: check.Result{
				Group: "Teleport", Mark: check.Warned, Subject: "user",
				Finding: `The identity of user "access-plugin" may not list user (optional)`, Advice: "Let a role of that user allow list on user",
			},
		},
		"roles of tbot on a newer server": {
			cluster: teleporttest.Options{Version: "19.0.0"},
			spoil:   func(w *world) { w.options.Tbot = []byte(tbotWithRoles) },
			want:    check.Result{Group: "tbot", Mark: check.Failed, Subject: "identity 1", Advice: "Remove roles, and give the bot the roles that it needs"},
		},
		"roles of tbot on an older server": {
			spoil: func(w *world) { w.options.Tbot = []byte(tbotWithRoles) },
			want:  check.Result{Group: "tbot", Mark: check.Warned, Subject: "identity 1", Advice: "Remove roles, and give the bot the roles that it needs"},
		},
		"old dialect of tbot": {
			spoil: func(w *world) { w.options.Tbot = []byte(strings.Replace(tbotWithRoles, "services", "outputs", 1)) },
			want:  check.Result{Group: "tbot", Mark: check.Warned, Subject: "outputs", Advice: "Rename outputs to services"},
		},
		"tbot that writes elsewhere": {
			spoil: func(w *world) {
				w.options.Tbot = []byte(strings.Replace(tbotWithRoles, "name: identity", "name: other", 1))
			},
			want: check.Result{Group: "tbot", Mark: check.Failed, Subject: "identity 1", Finding: `writes Secret "other", but the notifier reads "identity"`, Advice: "Use one name for both"},
		},
		"tbot that is no YAML": {
			spoil: func(w *world) { w.options.Tbot = []byte("[teleport]\naddr=1") },
			want:  check.Result{Group: "tbot", Mark: check.Failed, Subject: "configuration", Advice: "Give the file that tbot is started with"},
		},
	}
}

const tbotWithRoles = `version: v2
proxy_server: teleport.example.com:443
services:
- type: identity
  roles: [access-plugin]
  destination: {type: kubernetes_secret, name: identity}
`

func TestEachFailureIsNamedWithWhatToDo(t *testing.T) {
	for name, tt := range failures() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tt.service.Simulate == nil {
				tt.service = service.Slack
			}
			w := newWorld(t, tt.service, tt.chat, tt.cluster)
			if tt.spoil != nil {
				tt.spoil(w)
			}
			report := check.Run(t.Context(), w.options)
			if report.OK() != (tt.want.Mark != check.Failed) {
				t.Errorf("OK() = %t", report.OK())
			}
			for _, result := range report {
				result.Finding = w.withoutHost(result.Finding)
				if matches(result, tt.want) {
					return
				}
			}
			t.Errorf("no line is %+v:\n%s", tt.want, w.print(report))
		})
	}
}

// matches compares what is wanted and set.
func matches(got, want check.Result) bool {
	if want.Subject == "" {
		want.Subject = got.Subject
	}
	if want.Finding == "" {
		want.Finding = got.Finding
	}
	if want.Advice == "" {
		want.Advice = got.Advice
	}
	return got == want
}

// TestManyFailures shows how they look, as text in colours and for programs.
// TestTheWordingIsChecked, and a test message is in its language.
func TestTheWordingIsChecked(t *testing.T) {
	w := newWorld(t, service.All[0], messengertest.Options{}, teleporttest.Options{})
	w.options.Spec.Wording = wording.Spec{Locale: "ko", TimeZone: "Asia/Seol"}
	w.options.SendTest = true
	report := check.Run(t.Context(), w.options)
	i := slices.IndexFunc(report, func(r check.Result) bool { return r.Subject == "spec.message.timeZone" })
	if i < 0 || report[i].Mark != check.Failed {
		t.Errorf("results %+v", report)
	}
	if text := w.chat.Posts()[0].Text; !strings.Contains(text, "테스트 성공") {
		t.Errorf("the test message reads %q", text)
	}
	w.options.Spec.Wording.TimeZone = "Asia/Seoul"
	if report = check.Run(t.Context(), w.options); !report.OK() {
		t.Errorf("results %+v", report)
	}
}

func TestManyFailures(t *testing.T) {
	plugin := teleporttest.PluginPermissions()
	w := newWorld(t, service.Slack,
		messengertest.Options{Scopes: []string{"chat:write", "channels:read", "groups:read", "im:write", "users:read"}},
		teleporttest.Options{Permissions: map[string]teleporttest.Permissions{
			teleporttest.PluginRole: plugin.With("access_plugin_data", "read").With("access_monitoring_rule"),
		}})
	w.chat.Kick(w.chat.AddChannel("production"))
	w.also("production")
	w.options.Spec.Rules.Always = []string{"alice@example.com", "#ops"}
	report := check.Run(t.Context(), w.options)
	golden.Text(t, "failures.txt", w.print(report))

	var out bytes.Buffer
	if err := report[:5].PrintJSON(&out); err != nil {
		t.Fatal(err)
	}
	golden.Text(t, "failures.json", moment.ReplaceAllString(strings.ReplaceAll(out.String(), w.cluster.Addr(), "teleport.example.com:443"), "2026-11-27T10:00:00Z"))
}

// TestTheReadmeShowsACheck keeps its picture true.
func TestTheReadmeShowsACheck(t *testing.T) {
	plugin := teleporttest.PluginPermissions()
	w := newWorld(t, service.Mattermost, messengertest.Options{}, teleporttest.Options{ClusterName: "prod", Permissions: map[string]teleporttest.Permissions{
		teleporttest.PluginRole: plugin.With("access_plugin_data", "read"),
	}})
	w.chat.AddUser("alice@example.com")
	w.chat.Kick(w.chat.AddChannel("on-call"))
	w.also("main/on-call")
	w.options.Spec.Rules.Always = []string{"alice@example.com"}
	text := "```console\n$ access-notifier check on-call-approvals\n" + w.print(check.Run(t.Context(), w.options)) + "```\n"
	golden.Section(t, filepath.Join("..", "..", "README.md"), "check", text)
}

func TestColoursMarkLinesAndNothingMovesTheCursor(t *testing.T) {
	report := check.Report{
		{Group: "Slack", Mark: check.Passed, Subject: "token", Finding: "fine\x1b[2J\nforged"},
		{Group: "Slack", Mark: check.Failed, Subject: "café", Finding: "bad", Advice: "Mend it"},
	}
	var out bytes.Buffer
	if err := report.Print(&out, true); err != nil {
		t.Fatal(err)
	}
	want := "\x1b[1mSlack\x1b[0m\n" +
		"  \x1b[32m✓\x1b[0m  token  fine [2J forged\n" +
		"  \x1b[31m✗\x1b[0m  café   bad\n" +
		"            \x1b[2m→ Mend it\x1b[0m\n\n" +
		"\x1b[31m1 of 2 checks failed\x1b[0m\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
