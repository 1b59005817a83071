package docs

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
	"github.com/accessnotifier/accessnotifier/test/kit/launch"
	"github.com/accessnotifier/accessnotifier/test/kit/service"
)

// role is what the pages call the role of the notifier's identity.
const role = "access-notifier"

// site is where the commands of one page are run: a directory for its files, a Teleport,
// the chat services, and a cluster with the operator.
type site struct {
	t        *testing.T
	dir      string
	teleport *teleporttest.Server
	chats    map[string]messengertest.Simulator
	env      []string
	// there replaces what the pages name by what is there, back what is there by what
	// the pages name.
	there, back *strings.Replacer
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{t: t, dir: t.TempDir(), chats: map[string]messengertest.Simulator{}}
	s.teleport = teleporttest.ForTest(t, teleporttest.Options{
		AdvancedAccessWorkflows: true,
		Permissions:             map[string]teleporttest.Permissions{role: {}},
		Thresholds:              map[string][]teleporttest.Threshold{"production-admin": {{Approve: 2, Deny: 1}}},
	})
	names := []string{"teleport.example.com:443", s.teleport.Addr()}
	flags := []string{"--allow-networks=127.0.0.0/8"}
	// The last one is the permission that the page about Teams has granted.
	scopes := append(scopesOfThePage(t), "User.Read.All")
	for _, each := range service.All {
		chat := each.Simulate(messengertest.Options{Scopes: scopes})
		if err := chat.Listen(""); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(chat.Close)
		s.chats[each.Name()] = chat
		flags = append(flags, each.Flags(chat.URL())...)
		s.write(each.Name()+"-"+each.MainSecret()+".txt", each.Secrets(messengertest.DefaultToken)[each.MainSecret()]+"\n")
	}
	mattermost := s.chats["mattermost"].URL()
	names = append(names, "https://mattermost.example.com", mattermost, "mattermost.example.com", strings.TrimPrefix(mattermost, "http://"))
	webhook := s.chats["webhook"].URL()
	names = append(names, "https://siem.example.com/hooks/teleport", webhook)
	names = append(names, "smtp.example.com:587", strings.TrimPrefix(s.chats["email"].URL(), "smtp://"))
	names = append(names, "username: teleport", "username: "+messengertest.EmailUser, `username = "teleport"`, `username = "`+messengertest.EmailUser+`"`)
	s.write("smtp-ca.pem", messengertest.EmailCA())
	names = append(names, s.people()...)
	for _, path := range []string{"/etc/", "/usr/local/", "/var/lib/"} {
		names = append(names, path, s.dir+path)
	}
	s.there = strings.NewReplacer(names...)
	for i := 0; i < len(names); i += 2 {
		names[i], names[i+1] = names[i+1], names[i]
	}
	s.back = strings.NewReplacer(names...)
	s.write("identity", string(s.teleport.IdentityFile(t, teleporttest.IdentityOptions{User: "bot-access-notifier", Roles: []string{role}, TTL: 61 * time.Minute})))
	s.programs(flags)
	return s
}

// scopesOfThePage are those of the app that the page about Slack makes.
func scopesOfThePage(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root(t), "docs", "guides", "slack.md"))
	if err != nil {
		t.Fatal(err)
	}
	var app struct {
		OAuth struct {
			Scopes struct {
				Bot []string `json:"bot"`
			} `json:"scopes"`
		} `json:"oauth_config"`
	}
	for _, b := range blocksOf(t, string(text)) {
		if b.file == "slack-app.yaml" {
			err = yaml.Unmarshal([]byte(b.text), &app)
		}
	}
	if err != nil || len(app.OAuth.Scopes.Bot) == 0 {
		t.Fatalf("docs/guides/slack.md has no app with scopes: %v", err)
	}
	return app.OAuth.Scopes.Bot
}

// people adds the channels and people that the pages name, and returns by which ids.
func (s *site) people() (names []string) {
	if mattermost, ok := s.chats["mattermost"].(*messengertest.Mattermost); ok {
		mattermost.AddTeam("platform", true)
	}
	for _, channel := range []string{"access-requests", "production-approvals"} {
		s.chats["slack"].AddChannel(channel)
		s.chats["mattermost"].AddChannel("platform/" + channel)
	}
	s.chats["email"].AddChannel("access-requests")
	for _, name := range []string{"access-requests", "security"} {
		s.chats["teamsworkflow"].AddChannel(name)
	}
	for _, name := range []string{"audit-log", "service-desk"} {
		s.chats["webhook"].AddChannel(name)
	}
	s.chats["pagerduty"].AddChannel("on-call")
	for _, email := range []string{"alice@example.com", "bob@example.com"} {
		s.chats["slack"].AddUser(email)
		s.chats["teams"].AddUser(email)
		s.chats["mattermost"].AddUser(email)
		s.chats["email"].AddUser(email)
	}
	s.chats["googlechat"].AddUser("alice@example.com")
	return append(names,
		"AAAAMpdlehY", s.chats["googlechat"].AddChannel("access-requests"),
		"01234567-89ab-cdef-0123-456789abcdef", messengertest.TeamsTenant, "fedcba98-7654-3210-fedc-ba9876543210", messengertest.TeamsApp,
		"19:0a1b2c3d4e5f60718293a4b5c6d7e8f9@thread.tacv2", s.chats["teams"].AddChannel("access-requests"),
		"1096341521463377960", s.chats["discord"].AddChannel("access-requests"),
		"1096341521463377961", s.chats["discord"].AddUser("alice@example.com"))
}

// programs puts programs into the path, and the operator beside the cluster.
func (s *site) programs(flags []string) {
	s.t.Helper()
	self, err := os.Executable()
	if err != nil {
		s.t.Fatal(err)
	}
	bin := filepath.Join(s.dir, "bin")
	if err := os.Mkdir(bin, 0o700); err != nil {
		s.t.Fatal(err)
	}
	for name := range standIns {
		if err := os.Symlink(self, filepath.Join(bin, name)); err != nil {
			s.t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(s.dir, "usr", "local", "bin"), 0o700); err != nil {
		s.t.Fatal(err)
	}
	kubeconfig := s.write("kubeconfig", string(plane.Kubeconfig()))
	s.env = []string{
		"PATH=" + strings.Join([]string{bin, os.Getenv("KUBEBUILDER_ASSETS"), "/usr/bin", "/bin"}, ":"),
		"HOME=" + s.dir, "KUBECONFIG=" + kubeconfig, "HELM=" + os.Getenv("HELM"), "DESTDIR=" + s.dir,
		"DOCS_ROOT=" + root(s.t), siteVariable + "=" + s.dir, flagsVariable + "=" + strings.Join(flags, " "),
		"NO_COLOR=1",
	}
	operator, err := launch.Operator(s.t.Context(), launch.Config{
		Binary: filepath.Join(bin, "access-notifier"), Kubeconfig: kubeconfig,
		Args: append([]string{"--leader-elect=false"}, flags[1:]...),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		if err := operator.Stop(); err != nil {
			s.t.Error(err)
		}
	})
}

// write writes a file of the page, and returns its path.
func (s *site) write(name, content string) string {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return path
}

// run runs a command, and lets Teleport and tbot follow.
func (s *site) run(script string) (output string, err error) {
	s.t.Helper()
	prelude := filepath.Join(root(s.t), "test", "docs", "prelude.sh")
	ctx, cancel := context.WithTimeout(s.t.Context(), 2*time.Minute)
	defer cancel()
	bash := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", ". "+prelude+"\n"+s.there.Replace(script))
	bash.Dir, bash.Env = s.dir, s.env
	printed, err := bash.CombinedOutput()
	s.grant()
	if strings.HasPrefix(script, "helm install") {
		s.identity()
	}
	return s.back.Replace(ofThisMachine.ReplaceAllString(string(printed), "")), err
}

// ofThisMachine is what is said about the simulated Teleport only.
var ofThisMachine = regexp.MustCompile(`(?m)^.* is that of the machine itself, .*\n`)

// grant gives the notifier's role what the page has created it with.
func (s *site) grant() {
	s.t.Helper()
	created, err := readCreated(s.dir)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, r := range created {
		if r.Kind == "role" {
			s.teleport.SetPermissions(r.Name, r.Permissions)
		}
	}
}

// identity writes the Secret that tbot writes in a cluster.
func (s *site) identity() {
	s.t.Helper()
	content, err := os.ReadFile(filepath.Join(s.dir, "identity"))
	if err != nil {
		s.t.Fatal(err)
	}
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: "access-notifier", Name: "access-notifier-identity"},
		Data:       map[string][]byte{"identity": content},
	}
	if err := plane.Client().Create(s.t.Context(), secret); err != nil {
		s.t.Fatalf("writing tbot's Secret: %v", err)
	}
}
