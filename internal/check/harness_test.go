package check_test

import (
	"bytes"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/check"
	"github.com/accessnotifier/accessnotifier/internal/dialguard"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/routing"
	"github.com/accessnotifier/accessnotifier/internal/supervisor"
	"github.com/accessnotifier/accessnotifier/internal/teleport"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
	"github.com/accessnotifier/accessnotifier/test/kit/service"
)

// world is a cluster, a chat service, and what is checked between them.
type world struct {
	t       *testing.T
	cluster *teleporttest.Server
	chat    messengertest.Simulator
	options check.Options
}

// newWorld returns a world in which all is well but for what its options say. The
// recipient is a channel.
func newWorld(t *testing.T, s service.Service, chat messengertest.Options, cluster teleporttest.Options) *world {
	t.Helper()
	w := &world{t: t, chat: s.Simulate(chat)}
	if err := w.chat.Listen(""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.chat.Close)
	var err error
	cluster.AdvancedAccessWorkflows = true
	if w.cluster, err = teleporttest.Start(cluster); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.cluster.Close)

	bot := s.Spec(w.chat.URL(), tokenRef)
	spec := supervisor.Spec{
		Teleport: supervisor.Teleport{Address: w.cluster.Addr(), IdentityRef: "file/identity/identity"},
		Messenger: supervisor.Messenger{
			Type: string(s.Type), URL: bot.ServerURL(), Settings: bot.Settings(), Secrets: s.Secrets(messengertest.DefaultToken), SecretsFrom: `key "token" of Secret "bot"`,
		},
	}
	spec.Rules.RoleToRecipients = map[string][]string{routing.AnyRole: {s.Channel("ops", w.chat.AddChannel("ops"))}}
	operator := supervisor.New(supervisor.Options{
		Pool: teleport.NewPool(teleport.Options{}), URLs: map[string]string{string(s.Type): w.chat.URL()},
	})
	loopback := dialguard.New(netip.MustParsePrefix("127.0.0.0/8"))
	w.options = check.Options{
		Spec: spec, Teleport: teleport.Dialer{Guard: loopback}, NewMessenger: operator.NewMessenger, Remote: operator.Remote, Sender: "a test",
	}
	w.identity(teleporttest.IdentityOptions{TTL: 61 * time.Minute})
	return w
}

// identity makes the notifier have another identity.
func (w *world) identity(o teleporttest.IdentityOptions) {
	w.t.Helper()
	issued, err := w.cluster.Identity(o)
	if err != nil {
		w.t.Fatal(err)
	}
	w.options.Spec.Teleport.Identity = teleport.Credentials{File: issued.File}
}

// also adds a recipient of another role.
func (w *world) also(recipient string) {
	w.options.Spec.Rules.RoleToRecipients["editor"] = []string{recipient}
}

// print returns the report as text, without what differs from run to run.
func (w *world) print(r check.Report) string {
	w.t.Helper()
	var out bytes.Buffer
	if err := r.Print(&out, false); err != nil {
		w.t.Fatal(err)
	}
	text := strings.ReplaceAll(w.withoutHost(out.String()), w.cluster.Addr(), "teleport.example.com:443")
	text = moment.ReplaceAllString(text, "2026-11-27T10:00:00Z")
	text = w.withoutClock(text)
	return message.ReplaceAllString(text, "posted as $1/1764237600.000100")
}

// withoutClock returns a text in which ids that tell the time are numbered as they come.
func (w *world) withoutClock(text string) string {
	numbers := map[string]string{}
	return snowflake.ReplaceAllStringFunc(text, func(id string) string {
		if numbers[id] == "" {
			numbers[id] = fmt.Sprintf("%019d", 1575813434572800000+len(numbers))
		}
		return numbers[id]
	})
}

// withoutHost returns a text as if the chat service were at another host.
func (w *world) withoutHost(text string) string {
	w.t.Helper()
	address, err := url.Parse(w.chat.URL())
	if err != nil {
		w.t.Fatal(err)
	}
	return strings.ReplaceAll(text, address.Host, "chat.example.com")
}

var (
	// snowflake is an id of Discord.
	snowflake = regexp.MustCompile(`\b\d{19}\b`)
	moment    = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`)
	message   = regexp.MustCompile(`posted as (\w+)/[\w.]+`)
)
