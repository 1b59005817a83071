package controllers

import (
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/status"
	"github.com/accessnotifier/accessnotifier/internal/supervisor"
)

var update = flag.Bool("update", false, "write golden files anew")

// objects is where Argo CD's health check is tested with every status.
var objects = filepath.Join("..", "test", "argocd", "testdata", "objects")

var now = time.Date(2026, time.January, 2, 3, 4, 5, 0, time.UTC)

// state is how a notifier is doing.
type state struct {
	inputs   inputs
	snapshot supervisor.Snapshot
	stopped  bool
}

// working returns a state in which all is well, after a change.
func working(change func(*state)) state {
	s := state{snapshot: supervisor.Snapshot{
		Teleport: status.Teleport{
			Connected: true, User: "bot-access-notifier",
			Cluster:           accessrequest.Cluster{Name: "prod", ServerVersion: "17.2.1"},
			IdentityNotBefore: now.Add(-10 * time.Minute), IdentityNotAfter: now.Add(50 * time.Minute),
		},
		Notifier: status.Notifier{
			Messenger:  status.Messenger{Known: true},
			Recipients: status.Recipients{Decided: true, Configured: 2},
			Deliveries: status.Deliveries{Counted: true, Open: 2},
		},
		MonitoringRules: status.MonitoringRules{Known: true},
	}}
	change(&s)
	return s
}

func permanent(reason string) *status.Problem {
	return &status.Problem{Reason: reason, Message: "It is wrong; mend it", Permanent: true}
}

func passing(reason string) *status.Problem {
	return &status.Problem{Reason: reason, Message: "It does not work now; wait"}
}

func disconnected(p *status.Problem) func(*state) {
	return func(s *state) { s.snapshot.Teleport = status.Teleport{Problem: p} }
}

func refused(p *status.Problem) func(*state) {
	return func(s *state) { s.snapshot.Messenger.Problem = p }
}

func unavailable(p *status.Problem) func(*state) {
	return func(s *state) { s.snapshot.Review = status.Review{Wanted: true, Known: true, Problem: p} }
}

// states returns a state for each reason that a condition may have, and more for
// reasons that may pass or stay.
func states() map[string]state {
	notFound := problems{{reason: v1alpha1.ReasonSecretNotFound, message: "The Secret does not exist", waiting: true}}
	keyMissing := problems{{reason: v1alpha1.ReasonSecretKeyMissing, message: "The Secret lacks the key"}}
	denied := problems{{reason: v1alpha1.ReasonPermissionDenied, message: "The operator may not read the Secret"}}
	return map[string]state{
		"ready":    working(func(*state) {}),
		"starting": {snapshot: supervisor.Snapshot{}},
		"counting": working(func(s *state) { s.snapshot.Counted = false }),
		"expiring": working(func(s *state) { s.snapshot.Teleport.IdentityNotAfter = now.Add(time.Minute) }),

		"invalid-spec":   working(func(s *state) { s.snapshot.Failure = permanent(status.ReasonInvalidSpec) }),
		"not-available":  working(func(s *state) { s.snapshot.Failure = permanent(status.ReasonNotYetAvailable) }),
		"internal-error": working(func(s *state) { s.snapshot.Failure = passing(status.ReasonInternalError) }),

		"no-identity-secret":   {inputs: inputs{identity: notFound}, stopped: true},
		"no-identity-key":      {inputs: inputs{identity: keyMissing}, stopped: true},
		"no-token-secret":      {inputs: inputs{token: notFound}, stopped: true},
		"no-token-key":         {inputs: inputs{token: keyMissing}, stopped: true},
		"secret-not-permitted": {inputs: inputs{token: denied}, stopped: true},

		"identity-malformed":     working(disconnected(permanent(status.ReasonIdentityMalformed))),
		"identity-not-yet-valid": working(disconnected(passing(status.ReasonIdentityNotYetValid))),
		"identity-expired":       working(disconnected(permanent(status.ReasonIdentityExpired))),
		"clock-skew":             working(disconnected(permanent(status.ReasonClockSkew))),
		"identity-of-another":    working(disconnected(permanent(status.ReasonIdentityOtherCluster))),
		"newer-identity-bad":     working(func(s *state) { s.snapshot.Identity = permanent(status.ReasonIdentityMalformed) }),

		"connection-failed": working(disconnected(passing(status.ReasonConnectionFailed))),
		"not-teleport":      working(disconnected(permanent(status.ReasonNotTeleport))),
		"not-permitted":     working(disconnected(permanent(status.ReasonPermissionDenied))),
		"server-too-old":    working(disconnected(permanent(status.ReasonServerTooOld))),
		"no-records":        working(func(s *state) { s.snapshot.Records = passing(status.ReasonConnectionFailed) }),
		"name-clash":        working(func(s *state) { s.snapshot.Clash = 2 }),
		"unannounced":       working(func(s *state) { s.snapshot.Unannounced = 1 }),

		"quarantined": working(func(s *state) { s.snapshot.Quarantined = 1 }),

		"token-refused":         working(refused(permanent(status.ReasonTokenRefused))),
		"missing-scope":         working(refused(permanent(status.ReasonMissingScope))),
		"throttled":             working(refused(passing(status.ReasonThrottled))),
		"messenger-unavailable": working(refused(passing(status.ReasonMessengerUnavailable))),

		"looking-up": working(func(s *state) { s.snapshot.Decided = false }),
		"requester-trait-denied": working(func(s *state) {
			s.snapshot.Requesters = "The messenger knows every recipient, but requesters are found by their names only"
		}),
		"rule-failed": working(func(s *state) {
			s.snapshot.Rules = passing(v1alpha1.ReasonInvalidSpec)
		}),
		"rule-left-out": working(func(s *state) {
			s.snapshot.MonitoringRules.Rules = []status.Rule{
				{Name: "good", LastMatch: now}, {Name: "typo", Problem: "its condition cannot be read: the condition is empty"},
			}
		}),
		"route-invalid": working(func(s *state) {
			s.snapshot.Routes = []status.Rule{
				{Name: "good", LastMatch: now}, {Name: "key", Problem: "spec.routes[1].match.condition:1:20: there is no such key"},
				{Name: "typo", Problem: "spec.routes[2].match.condition:1:8: undefined field 'usr'", Invalid: true},
			}
		}),
		"route-not-judged": working(func(s *state) {
			s.snapshot.Routes = []status.Rule{
				{Name: "quiet", Overruled: true}, {Name: "key", Problem: "spec.routes[1].match.condition:1:20: there is no such key"},
			}
		}),
		"message-invalid": working(func(s *state) {
			s.snapshot.Wording.Invalid = []string{"spec.message.extraFields[0].value:1:8: undefined field 'usr'"}
		}),
		"message-left-out": working(func(s *state) {
			s.snapshot.Wording.LeftOut = []string{"spec.message.extraFields[0].value:1:20: there is no such key", "another"}
		}),
		"review-available":  working(func(s *state) { s.snapshot.Review = status.Review{Wanted: true, Known: true} }),
		"review-unknown":    working(func(s *state) { s.snapshot.Review = status.Review{Wanted: true} }),
		"review-too-old":    working(unavailable(permanent(status.ReasonServerTooOld))),
		"review-unheard":    working(unavailable(permanent(status.ReasonListenerNotConfigured))),
		"review-forbidden":  working(func(s *state) { s.inputs.reviewForbidden = true }),
		"review-app-token":  working(unavailable(permanent(status.ReasonAppTokenRefused))),
		"review-offline":    working(unavailable(passing(status.ReasonClicksUnavailable))),
		"review-when":       working(unavailable(permanent(status.ReasonWhenInvalid))),
		"review-when-once":  working(unavailable(passing(status.ReasonWhenInvalid))),
		"rules-unavailable": working(func(s *state) { s.snapshot.MonitoringRules.Problem = "Teleport has no Access Monitoring Rules." }),
		"rules-ignored":     working(func(s *state) { s.snapshot.MonitoringRules = status.MonitoringRules{Ignored: true} }),
		"rules-unknown":     working(func(s *state) { s.snapshot.MonitoringRules.Known = false }),
		"unresolved": working(func(s *state) {
			s.snapshot.Unresolved = []status.UnresolvedRecipient{{Recipient: "lost", Message: "no such channel; create it"}}
		}),
		"none-resolved": working(func(s *state) {
			s.snapshot.Unresolved = []status.UnresolvedRecipient{
				{Recipient: "lost", Message: "no such channel; create it"}, {Recipient: "shut", Message: "the bot is not in the channel; invite it"},
			}
		}),
		"secrets-gone": working(func(s *state) {
			s.inputs = inputs{identity: notFound, token: keyMissing, runnable: true}
		}),
		"all-wrong": {stopped: true, inputs: inputs{identity: notFound, token: keyMissing}, snapshot: supervisor.Snapshot{
			Failure: permanent(status.ReasonInvalidSpec),
			Routes:  []status.Rule{{Name: "typo", Problem: "spec.routes[0].match.condition:1:8: undefined field 'usr'", Invalid: true}},
			Wording: status.Wording{Invalid: []string{"spec.message.timeZone: there is no time zone \"Asia/Seol\""}},
			Review:  status.Review{Wanted: true, Known: true, Problem: permanent(status.ReasonWhenInvalid)},
		}},
	}
}

// TestStatuses writes down how each state shows in the object, for the tests of
// Argo CD's health check, which is a module of its own.
func TestStatuses(t *testing.T) {
	got := map[string]*v1alpha1.AccessNotifier{}
	for name, s := range states() {
		got[name] = newObject()
		if strings.HasPrefix(name, "message-") || name == "all-wrong" {
			got[name].Spec.Message = &v1alpha1.MessageSpec{Locale: "ko"}
		}
		if strings.HasPrefix(name, "review-") || name == "all-wrong" {
			got[name].Spec.Review = &v1alpha1.ReviewSpec{Mode: v1alpha1.ReviewFull, Identity: &v1alpha1.ReviewIdentity{Trait: "slack_uid"}}
		}
		describe(got[name], s.inputs, s.snapshot, !s.stopped, newMemory(got[name]), now)
	}
	got["suspended"] = newObject()
	got["suspended"].Spec.Suspend = new(true)
	describeSuspended(got["suspended"])
	got["former-field"] = newObject()
	got["former-field"].Spec.DeprecatedRequester = "Notify"
	describeRefused(got["former-field"], got["former-field"].Spec.FormerFields(), states()["no-token-key"].inputs, supervisor.Snapshot{}, now)
	got["edited"] = got["ready"].DeepCopy()
	got["edited"].Generation++
	got["never-seen"] = newObject()
	got["never-seen"].Status.ObservedGeneration = -1

	for name, object := range got {
		checkObject(t, filepath.Join(objects, name+".yaml"), object)
	}
	checkReasons(t, got)
	files, err := filepath.Glob(filepath.Join(objects, "*"))
	if err != nil || len(files) != len(got) {
		t.Errorf("there are %d files for %d states: %v", len(files), len(got), err)
	}
}

func newObject() *v1alpha1.AccessNotifier {
	object := &v1alpha1.AccessNotifier{ObjectMeta: metav1.ObjectMeta{Namespace: "teleport", Name: "prod-approvals", Generation: 3}}
	object.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(v1alpha1.Kind))
	object.Spec.Teleport.Address = "teleport.example.com:443"
	object.Spec.Teleport.IdentitySecretRef = &v1alpha1.SecretKeyReference{Name: "access-notifier-identity"}
	object.Spec.Messenger.Type = v1alpha1.MessengerSlack
	object.Spec.Messenger.Slack = &v1alpha1.SlackSpec{TokenSecretRef: v1alpha1.SecretKeyReference{Name: "slack-bot"}}
	object.Spec.Recipients = v1alpha1.RecipientList{"access-requests"}
	return object
}

func checkObject(t *testing.T, file string, object *v1alpha1.AccessNotifier) {
	t.Helper()
	for i := range object.Status.Conditions {
		object.Status.Conditions[i].LastTransitionTime = metav1.NewTime(now)
	}
	got, err := yaml.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs; run `go test ./controllers -run TestStatuses -update` if it should (-want +got):\n%s", file, diff)
	}
}

// checkReasons wants each reason that the API knows to be in some status.
func checkReasons(t *testing.T, all map[string]*v1alpha1.AccessNotifier) {
	t.Helper()
	shown := map[string]bool{}
	for _, object := range all {
		for _, condition := range object.Status.Conditions {
			shown[condition.Reason] = true
		}
	}
	for name, reason := range reasonsIn(t, filepath.Join("..", "api", "v1alpha1", "conditions.go")) {
		if !shown[reason] {
			t.Errorf("no status shows %s, %s", name, reason)
		}
	}
}

// reasonsIn returns the constants of a file whose names begin with Reason.
func reasonsIn(t *testing.T, file string) map[string]string {
	t.Helper()
	source, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	reasons := map[string]string{}
	ast.Inspect(source, func(node ast.Node) bool {
		value, ok := node.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(value.Names[0].Name, "Reason") {
			return true
		}
		reason, err := strconv.Unquote(value.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Error(err)
		}
		reasons[value.Names[0].Name] = reason
		return true
	})
	if len(reasons) == 0 {
		t.Errorf("there are no reasons in %s", file)
	}
	return reasons
}

// TestReasonsAreThoseOfTheAPI wants each reason that a problem may have to be a reason
// of conditions, with the same name.
func TestReasonsAreThoseOfTheAPI(t *testing.T) {
	api := reasonsIn(t, filepath.Join("..", "api", "v1alpha1", "conditions.go"))
	for name, reason := range reasonsIn(t, filepath.Join("..", "internal", "status", "reasons.go")) {
		if api[name] != reason {
			t.Errorf("status.%s is %q, in the API it is %q", name, reason, api[name])
		}
	}
}

// TestRecipientsThatMayYetBeFoundDoNotStall covers look-ups that go on failing for a reason that
// should pass, of all recipients.
func TestRecipientsThatMayYetBeFoundDoNotStall(t *testing.T) {
	for _, passing := range []bool{false, true} {
		var s supervisor.Snapshot
		s.Recipients = status.Recipients{
			Configured: 1, Unresolved: []status.UnresolvedRecipient{{Recipient: "ops", Message: "no answer; wait", Passing: passing}},
		}
		got := recipientsState(s, true)
		if got.stalled == passing || !strings.Contains(got.message, "0 of 1 recipients work") || !strings.Contains(got.message, "no answer") {
			t.Errorf("passing %t: %+v", passing, got)
		}
	}
}
