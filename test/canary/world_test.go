package canary

import (
	"context"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/accessnotifier/accessnotifier/internal/cli"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
	"github.com/accessnotifier/accessnotifier/test/controlplane"
	"github.com/accessnotifier/accessnotifier/test/kit/canary"
	"github.com/accessnotifier/accessnotifier/test/kit/launch"
	"github.com/accessnotifier/accessnotifier/test/kit/service"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

const (
	// within bounds each wait for something to happen.
	within = time.Minute
	// space is the namespace of all objects, and channel the channel in each service.
	space, channel = "canary", "access-requests"
	// misplaced begins the names of secrets that stand where another belongs. Which service they
	// are sent to is up to who put them there.
	misplaced = "misplaced/"
)

// world is an API server, a Teleport, and every chat service, in which each secret and each text
// is a canary.
type world struct {
	*testing.T
	nest     *canary.Nest
	plane    *controlplane.ControlPlane
	teleport *teleporttest.Server
	told     *telling
	chats    []*chat
	dir      string
	// log is all that operators have printed.
	log *launch.WholeLog
	// proxy is the address of an HTTP proxy, with a user, and proxied what it was asked.
	proxy   string
	proxied *launch.WholeLog
}

// chat is a simulated service with what stands before it.
type chat struct {
	messengertest.Simulator
	service service.Service
	front   hostileFront
	url     string
	channel string
	secrets messenger.Secrets
	// reviewer is the account of a person who reviews.
	reviewer string
}

// hostileFront is a front or a mailFront.
type hostileFront interface {
	setHostile(on bool)
	echoed() int
}

// newWorld starts all of it, until the test ends.
func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, nest: &canary.Nest{}, dir: t.TempDir(), log: &launch.WholeLog{}, told: &telling{}, proxied: &launch.WholeLog{}}
	plane, err := controlplane.Start(controlplane.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w.plane = plane
	t.Cleanup(func() {
		if err := plane.Stop(); err != nil {
			t.Error(err)
		}
	})
	w.create(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: space}})
	w.teleport = teleporttest.ForTest(t, teleporttest.Options{
		Version: "18.11.0", AdvancedAccessWorkflows: true, Hear: w.told.hear,
		// Reminders are due at once.
		Now:        func() time.Time { return time.Now().Add(-2 * time.Minute) },
		Thresholds: map[string][]teleporttest.Threshold{"editor": {{Approve: 3, Deny: 3}}},
	})
	w.addIdentity("identity", "teleport/identity")
	for _, s := range service.All {
		w.addChat(s)
	}
	w.proxy = newProxy(w)
	return w
}

// addChat starts a service whose secrets are known to no other.
func (w *world) addChat(s service.Service) {
	w.Helper()
	token := canary.Word(s.Name() + " token")
	if s.Type == service.Slack.Type {
		token = "xoxb-" + token
	}
	c := &chat{service: s, secrets: s.Secrets(token), Simulator: s.Simulate(messengertest.Options{Token: token})}
	if err := c.Listen(""); err != nil {
		w.Fatal(err)
	}
	w.Cleanup(c.Close)
	if mattermost, ok := c.Simulator.(*messengertest.Mattermost); ok {
		mattermost.AllowInternalConnections(true)
	}
	c.channel = c.AddChannel(channel)
	c.reviewer = c.AddUser("reviewer@example.com")
	if s.SMTP {
		front := newMailFront(w.T, c.URL())
		c.front, c.url = front, front.url()
	} else {
		front := newFront(w.T, w.nest, s.Name(), c.URL())
		c.front, c.url = front, front.URL
	}
	w.chats = append(w.chats, c)
	w.addSecrets(s.Name(), s.Name(), c.secrets)
}

// recipient is how an AccessNotifier writes the channel.
func (c *chat) recipient() string { return c.service.Channel(channel, c.channel) }

// secret makes a canary of a secret, unless it is public.
func (w *world) secret(name, value string) {
	w.Helper()
	if strings.HasSuffix(name, messenger.SecretCA) {
		return
	}
	if err := w.nest.Add(canary.Secret, name, value); err != nil {
		w.Fatal(err)
	}
}

// typed makes a canary of what a person types, and returns it.
func (w *world) typed(name string) string {
	w.Helper()
	word := canary.Word(name)
	if err := w.nest.Add(canary.Text, name, word); err != nil {
		w.Fatal(err)
	}
	return word
}

// addSecrets makes a Secret, whose canaries belong to who they let in to.
func (w *world) addSecrets(name, owner string, secrets map[string]string) {
	w.Helper()
	for key, value := range secrets {
		w.secret(owner+"/"+key, value)
	}
	w.create(&corev1.Secret{ObjectMeta: meta(name), StringData: maps.Clone(secrets)})
}

// addIdentity makes a Secret with an identity that may review, and returns its file.
func (w *world) addIdentity(name, owner string) string {
	w.Helper()
	id, err := w.teleport.Identity(teleporttest.IdentityOptions{User: "bot-notifier", Roles: []string{teleporttest.ReviewPluginRole}})
	if err != nil {
		w.Fatal(err)
	}
	w.secret(owner, string(id.File))
	w.create(&corev1.Secret{ObjectMeta: meta(name), StringData: map[string]string{
		"identity": string(id.File), "auth.key": string(id.Key), "auth.crt": string(id.Cert), "auth.cas": string(id.CAs),
	}})
	return string(id.File)
}

func meta(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Namespace: space, Name: name} }

func (w *world) create(object client.Object) {
	w.Helper()
	if err := w.plane.Client().Create(w.Context(), object); err != nil {
		w.Fatalf("creating %T %s: %v", object, object.GetName(), err)
	}
}

// environment is that of operators: with all the logs that libraries have.
func (w *world) environment(planted string) []string {
	return []string{
		"GRPC_GO_LOG_SEVERITY_LEVEL=info", "GRPC_GO_LOG_VERBOSITY_LEVEL=99", "GOTRACEBACK=all",
		"HTTPS_PROXY=" + w.proxy, childVariable + "=" + planted, "KUBECONFIG=" + w.kubeconfig(),
	}
}

func (w *world) kubeconfig() string { return w.write("kubeconfig", w.plane.Kubeconfig()) }

func (w *world) write(name string, content []byte) string {
	w.Helper()
	path := filepath.Join(w.dir, name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		w.Fatal(err)
	}
	return path
}

// addresses are those of an operator that launch.Process does not know.
type addresses struct{ profiles, review string }

// operate starts an operator, which ends with the test.
func (w *world) operate(planted string, output *launch.WholeLog, more ...string) (*launch.Process, addresses) {
	w.Helper()
	self, err := os.Executable()
	if err != nil {
		w.Fatal(err)
	}
	var a addresses
	for _, address := range []*string{&a.profiles, &a.review} {
		if *address, err = launch.FreeAddress(w.Context()); err != nil {
			w.Fatal(err)
		}
	}
	args := []string{
		"--leader-elect=false", "--log-level=debug", "--metrics-secure=false", "--pprof-bind-address=" + a.profiles,
		"--review-bind-address=" + a.review, "--review-url=http://" + a.review,
	}
	for _, c := range w.chats {
		args = append(args, c.service.Flags(c.url)...)
	}
	p, err := launch.Operator(w.Context(), launch.Config{
		Binary: self, Kubeconfig: w.kubeconfig(), Args: append(args, more...), Env: w.environment(planted), Metrics: true, Output: output,
	})
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(p.Kill)
	if err := p.AwaitReady(w.Context(), within); err != nil {
		w.Fatal(err)
	}
	for _, address := range []string{a.profiles, a.review, p.Metrics} {
		w.await("the operator listens", func() error {
			conn, err := (&net.Dialer{}).DialContext(w.Context(), "tcp", address)
			if err != nil {
				return err
			}
			return conn.Close()
		})
	}
	return p, a
}

// await waits until something is so.
func (w *world) await(what string, try func() error) {
	w.Helper()
	wait.Test(w, within, what, try)
}

// telling keeps what Teleport was told, by call.
type telling struct {
	mu  sync.Mutex
	all []wire
}

func (t *telling) hear(method string, message any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all = append(t.all, wire{method, fmt.Sprintf("%+v", message)})
}

func (t *telling) wires() []wire {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]wire(nil), t.all...)
}

// run runs the program until it ends by itself, and returns all that it prints.
func (w *world) run(args ...string) string {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), within)
	defer cancel()
	printed, err := w.command(ctx, args...).CombinedOutput()
	if ctx.Err() != nil {
		w.Errorf("%v does not end: %v", args, err)
	}
	return string(printed)
}

// runHere is run in this process, which takes less time.
func (w *world) runHere(args ...string) string {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), within)
	defer cancel()
	var printed launch.WholeLog
	command := cli.Command("access-notifier")
	command.SetArgs(args)
	command.SetOut(&printed)
	command.SetErr(&printed)
	err := command.ExecuteContext(ctx)
	if ctx.Err() != nil {
		w.Errorf("%v does not end", args)
	}
	return printed.String() + fmt.Sprint(err)
}
