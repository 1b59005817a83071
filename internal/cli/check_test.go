package cli

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/check"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
	"github.com/accessnotifier/accessnotifier/test/kit/service"
)

// TestTheGuidesPassACheck is of every example of every version.
func TestTheGuidesPassACheck(t *testing.T) {
	eachExample(t, func(s *site, file string) {
		out, errs := run(s.T, 0, append(s.service.Flags(s.chat.URL()), "check", "-f", file)...)
		if !strings.Contains(out, "checks passed") || strings.Contains(out, "\x1b") || strings.Contains(out, messengerToken) || errs != "" {
			s.Errorf("check writes\n%s\n%s", out, errs)
		}
	})
}

func TestCheckOfAFile(t *testing.T) {
	s := newSite(t, service.Slack)
	flags := s.service.Flags(s.chat.URL())
	file := s.adapt("slack.toml", s.minimal())
	run(t, 0, append(flags, "check", "-f", file, "--send-test")...)
	if posts := s.chat.Posts(); len(posts) != 1 || !strings.Contains(posts[0].Text, "access-notifier check -f "+file) {
		t.Errorf("--send-test posts %+v", posts)
	}

	tbot := write(t, "tbot.yaml", []byte("version: v2\nservices: [{type: identity, roles: [a]}]\n"))
	if out, _ := run(t, 0, append(flags, "check", "-f", file, "--tbot-config", tbot)...); !strings.Contains(out, "Remove roles") {
		t.Errorf("with tbot's configuration, check writes\n%s", out)
	}

	id, err := s.teleport.CreateRequest(teleporttest.RequestSpec{User: "alice"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.teleport.WritePluginData(id, "ours", map[string]string{"messages": "C1/1.1"}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"ours": true, "": false} {
		out, _ := run(t, 0, append(flags, "check", "-f", file, "--plugin-name", name)...)
		if named := strings.Contains(out, "plugin ours"); named != want {
			t.Errorf("with --plugin-name %q, check writes\n%s", name, out)
		}
	}

	s.chat.RevokeToken(messengerToken)
	out, errs := run(t, exitFailed, append(flags, "check", "-f", file, "-o", "json")...)
	var report struct {
		OK     bool
		Checks check.Report
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil || report.OK || len(report.Checks) < 5 || errs != "" {
		t.Errorf("check -o json writes (%v)\n%s\n%s", err, out, errs)
	}

	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if _, errs := run(t, exitWrong, append(flags, "check", "-f", file)...); !strings.Contains(errs, "does not exist") {
		t.Errorf("of a missing file, check says %s", errs)
	}
}

// TestCheckOfAnObject has a user who may read the object and its two Secrets only.
func TestCheckOfAnObject(t *testing.T) {
	s := newSite(t, service.Slack)
	namespace := newNamespace(t)
	t.Setenv("KUBECONFIG", write(t, "other", plane.Kubeconfig()))
	flags := append(s.service.Flags(s.chat.URL()), "--allow-networks=127.0.0.0/8", "check", "-n", namespace)
	notifier := &v1alpha1.AccessNotifier{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "slack"}}
	notifier.Spec.Teleport = v1alpha1.TeleportSpec{Address: s.teleport.Addr(), IdentitySecretRef: &v1alpha1.SecretKeyReference{Name: "identity"}}
	notifier.Spec.Messenger = v1alpha1.MessengerSpec{
		Type: v1alpha1.MessengerSlack, Slack: &v1alpha1.SlackSpec{TokenSecretRef: v1alpha1.SecretKeyReference{Name: "bot"}},
	}
	notifier.Spec.Recipients = v1alpha1.RecipientList{"oncall"}
	if err := plane.Client().Create(t.Context(), notifier); err != nil {
		t.Fatal(err)
	}
	user := append(slices.Clone(flags), "slack", "--kubeconfig", write(t, "kubeconfig", userOf(t, namespace, "user", "get", "identity", "bot")))

	out, _ := run(t, exitFailed, user...)
	for _, want := range []string{`Secret "identity" does not exist in this namespace`, `Secret "bot" does not exist in this namespace`} {
		if !strings.Contains(out, want) {
			t.Errorf("without Secrets, there is no %q in\n%s", want, out)
		}
	}
	identity, err := os.ReadFile(s.path("identity"))
	if err != nil {
		t.Fatal(err)
	}
	createSecret(t, namespace, "identity", map[string][]byte{"identity": identity})
	createSecret(t, namespace, "bot", map[string][]byte{"token": []byte(messengerToken)})
	run(t, 0, append(user, "--send-test")...)
	if posts := s.chat.Posts(); len(posts) != 1 || !strings.Contains(posts[0].Text, "access-notifier check slack -n "+namespace) {
		t.Errorf("--send-test posts %+v", posts)
	}

	// All that the operator may do.
	t.Setenv("KUBECONFIG", write(t, "kubeconfig", userOf(t, namespace, "operator", "list", "identity", "bot")))
	run(t, 0, append(flags, "slack")...)
	if out, _ := run(t, 0, append(flags, "--all")...); !strings.Contains(out, "AccessNotifier "+namespace+"/slack\n") {
		t.Errorf("check --all does not name what it checks:\n%s", out)
	}
	if _, errs := run(t, 0, append(flags, "--all", "-l", "shard=b")...); !strings.Contains(errs, "no AccessNotifiers") {
		t.Errorf("where there is nothing to check, check says %q", errs)
	}
	if _, errs := run(t, exitFailed, append(flags, "-A")...); !strings.Contains(errs, "forbidden") {
		t.Errorf("of namespaces that are out of bounds, check says %q", errs)
	}

	if _, errs := run(t, exitWrong, append(flags, "none")...); !strings.Contains(errs, `there is no AccessNotifier "none"`) {
		t.Errorf("of an unknown name, check says %s", errs)
	}
	notifier.Spec.Messenger.Slack.TokenSecretRef.Name = "of-others"
	if err := plane.Client().Update(t.Context(), notifier); err != nil {
		t.Fatal(err)
	}
	if out, _ := run(t, exitFailed, append(flags, "slack")...); !strings.Contains(out, "You may not read a Secret") {
		t.Errorf("of a Secret that may not be read, check writes\n%s", out)
	}
}

// userOf returns the kubeconfig of a user who may use a verb on AccessNotifiers, and get some
// Secrets.
func userOf(t *testing.T, namespace, who, verb string, secrets ...string) []byte {
	t.Helper()
	who = namespace + "-" + who
	user, err := plane.AddUser(who)
	if err != nil {
		t.Fatal(err)
	}
	meta := metav1.ObjectMeta{Namespace: namespace, Name: who}
	role := &rbacv1.Role{ObjectMeta: meta, Rules: []rbacv1.PolicyRule{
		{APIGroups: []string{v1alpha1.GroupVersion.Group}, Resources: []string{"accessnotifiers"}, Verbs: []string{verb}},
		{APIGroups: []string{corev1.GroupName}, Resources: []string{"secrets"}, ResourceNames: secrets, Verbs: []string{"get"}},
	}}
	binding := &rbacv1.RoleBinding{
		ObjectMeta: meta, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: meta.Name},
		Subjects: []rbacv1.Subject{{Kind: rbacv1.UserKind, APIGroup: rbacv1.GroupName, Name: who}},
	}
	if err := plane.Client().Create(t.Context(), role); err != nil {
		t.Fatal(err)
	}
	if err := plane.Client().Create(t.Context(), binding); err != nil {
		t.Fatal(err)
	}
	return user.Kubeconfig
}

func TestCheckRefusesWrongCommandLines(t *testing.T) {
	for name, args := range map[string][]string{
		"nothing":       {"check"},
		"two names":     {"check", "a", "b"},
		"one and all":   {"check", "a", "--all"},
		"file and all":  {"check", "-f", "a.toml", "-A"},
		"selector":      {"check", "--all", "-l", "a=b=c"},
		"both":          {"check", "-f", "a.toml", "b"},
		"plugin's name": {"check", "a", "--plugin-name=b"},
		"output":        {"check", "a", "-o", "xml"},
		"networks":      {"check", "a", "--allow-networks=home"},
		"messenger":     {"check", "a", "--messenger-url=Owl=https://owl.example"},
		"tbot's file":   {"check", "a", "--tbot-config=none.yaml"},
		"unknown flag":  {"check", "a", "--force"},
		"no kubeconfig": {"check", "a", "--context=none"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("KUBECONFIG", write(t, "kubeconfig", plane.Kubeconfig()))
			if out, errs := run(t, exitWrong, args...); out != "" || !strings.HasPrefix(errs, "Error: ") {
				t.Errorf("check writes %q and %q", out, errs)
			}
		})
	}
}

func TestColoursAreOnlyForReadersWhoWantThem(t *testing.T) {
	for name, tt := range map[string]struct {
		variables map[string]string
		want      bool
	}{
		"usual":         {map[string]string{"TERM": "xterm-256color"}, true},
		"not wanted":    {map[string]string{"NO_COLOR": "1"}, false},
		"dumb terminal": {map[string]string{"TERM": "dumb"}, false},
	} {
		if got := wantsColours(environment(tt.variables)); got != tt.want {
			t.Errorf("%s: wantsColours() = %t", name, got)
		}
	}
	file, err := os.Create(write(t, "out", nil))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	if hasColours(file, environment(map[string]string{"TERM": "xterm"})) {
		t.Error("a file gets colours")
	}
}
