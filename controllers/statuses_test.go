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
		Teleport: supervisor.TeleportStatus{
			Connected: true, ClusterName: "prod", ServerVersion: "17.2.1", User: "bot-access-notifier",
			IdentityNotBefore: now.Add(-10 * time.Minute), IdentityNotAfter: now.Add(50 * time.Minute),
		},
		Messenger:       supervisor.MessengerStatus{Known: true},
		RecipientsKnown: true,
		Counted:         true,
		Open:            2,
	}}
	change(&s)
	return s
}

func permanent(reason string) *supervisor.Problem {
	return &supervisor.Problem{Reason: reason, Message: "It is wrong; mend it", Permanent: true}
}

func passing(reason string) *supervisor.Problem {
	return &supervisor.Problem{Reason: reason, Message: "It does not work now; wait"}
}

func disconnected(p *supervisor.Problem) func(*state) {
	return func(s *state) { s.snapshot.Teleport = supervisor.TeleportStatus{Problem: p} }
}

func refused(p *supervisor.Problem) func(*state) {
	return func(s *state) { s.snapshot.Messenger.Problem = p }
}

// states returns a state for each reason that a condition may have, and more for
// reasons that may pass or stay.
func states() map[string]state {
	notFound := &problem{reason: v1alpha1.ReasonSecretNotFound, message: "The Secret does not exist", waiting: true}
	keyMissing := &problem{reason: v1alpha1.ReasonSecretKeyMissing, message: "The Secret lacks the key"}
	denied := &problem{reason: v1alpha1.ReasonPermissionDenied, message: "The operator may not read the Secret"}
	return map[string]state{
		"ready":    working(func(*state) {}),
		"starting": {snapshot: supervisor.Snapshot{}},
		"counting": working(func(s *state) { s.snapshot.Counted = false }),
		"expiring": working(func(s *state) { s.snapshot.Teleport.IdentityNotAfter = now.Add(time.Minute) }),

		"invalid-spec":   working(func(s *state) { s.snapshot.Failure = permanent(supervisor.ReasonConfig) }),
		"not-available":  working(func(s *state) { s.snapshot.Failure = permanent(supervisor.ReasonNotAvailable) }),
		"internal-error": working(func(s *state) { s.snapshot.Failure = passing(supervisor.ReasonCrashed) }),

		"no-identity-secret":   {inputs: inputs{identity: notFound}, stopped: true},
		"no-identity-key":      {inputs: inputs{identity: keyMissing}, stopped: true},
		"no-token-secret":      {inputs: inputs{token: notFound}, stopped: true},
		"no-token-key":         {inputs: inputs{token: keyMissing}, stopped: true},
		"secret-not-permitted": {inputs: inputs{token: denied}, stopped: true},

		"identity-malformed":     working(disconnected(permanent("IdentityMalformed"))),
		"identity-not-yet-valid": working(disconnected(passing("IdentityNotYetValid"))),
		"identity-expired":       working(disconnected(permanent("IdentityExpired"))),
		"clock-skew":             working(disconnected(permanent("ClockSkew"))),
		"identity-of-another":    working(disconnected(permanent("OtherCluster"))),
		"newer-identity-bad":     working(func(s *state) { s.snapshot.Identity = permanent("IdentityMalformed") }),

		"connection-failed": working(disconnected(passing("Refused"))),
		"not-teleport":      working(disconnected(permanent("NotTeleport"))),
		"not-permitted":     working(disconnected(permanent("PermissionDenied"))),
		"server-too-old":    working(disconnected(permanent("ServerTooOld"))),
		"no-records":        working(func(s *state) { s.snapshot.Records = passing(supervisor.ReasonRecords) }),
		"name-clash":        working(func(s *state) { s.snapshot.Clash = permanent(supervisor.ReasonClash) }),
		"unannounced":       working(func(s *state) { s.snapshot.Unannounced = 1 }),

		"token-refused":         working(refused(permanent(supervisor.ReasonTokenRefused))),
		"missing-scope":         working(refused(permanent(supervisor.ReasonMissingScope))),
		"throttled":             working(refused(passing(supervisor.ReasonThrottled))),
		"messenger-unavailable": working(refused(passing(supervisor.ReasonUnavailable))),

		"looking-up": working(func(s *state) { s.snapshot.RecipientsKnown = false }),
		"unresolved": working(func(s *state) {
			s.snapshot.Unresolved = []supervisor.Recipient{{Name: "lost", Message: "no such channel; create it"}}
		}),
	}
}

// TestStatuses writes down how each state shows in the object, for the tests of
// Argo CD's health check, which is a module of its own.
func TestStatuses(t *testing.T) {
	got := map[string]*v1alpha1.AccessNotifier{}
	for name, s := range states() {
		got[name] = newObject()
		describe(got[name], s.inputs, s.snapshot, !s.stopped, doubts{}, now)
	}
	got["suspended"] = newObject()
	got["suspended"].Spec.Suspend = new(true)
	describeSuspended(got["suspended"])
	got["former-field"] = newObject()
	got["former-field"].Spec.DeprecatedRequester = "Notify"
	describeRefused(got["former-field"], got["former-field"].Spec.FormerFields())
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
	source, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "api", "v1alpha1", "conditions.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	known := 0
	ast.Inspect(source, func(node ast.Node) bool {
		value, ok := node.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(value.Names[0].Name, "Reason") {
			return true
		}
		known++
		reason, err := strconv.Unquote(value.Values[0].(*ast.BasicLit).Value)
		if err != nil || !shown[reason] {
			t.Errorf("no status shows reason %s: %v", reason, err)
		}
		return true
	})
	if known == 0 {
		t.Error("the API knows no reasons")
	}
}
