package review

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/metrics"
	"github.com/accessnotifier/accessnotifier/internal/review"
	"github.com/accessnotifier/accessnotifier/internal/review/listen"
	"github.com/accessnotifier/accessnotifier/internal/routing"
	"github.com/accessnotifier/accessnotifier/internal/status"
	"github.com/accessnotifier/accessnotifier/internal/supervisor"
	"github.com/accessnotifier/accessnotifier/internal/teleport"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
	"github.com/accessnotifier/accessnotifier/test/kit/launch"
	"github.com/accessnotifier/accessnotifier/test/kit/service"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

const (
	// within bounds each wait for something to happen.
	within = 30 * time.Second
	// trait holds the chat account of a user, and submitter submits reviews.
	trait, submitter = "account", "bot-notifier"
)

// key names the notifier of most tests.
var key = supervisor.Key{Namespace: "team", Name: "approvals"}

// full lets reviewers do all.
var full = review.Spec{Mode: review.Full, Trait: trait}

// world is a cluster whose requests are announced in a chat service.
type world struct {
	t        *testing.T
	teleport *teleporttest.Server
	chat     *chat
	*operator
}

// newWorld makes a world with a notifier that lets reviewers decide as spec says.
func newWorld(t *testing.T, s service.Service, spec review.Spec, change ...func(*teleporttest.Options)) *world {
	t.Helper()
	w := &world{t: t, teleport: newTeleport(t, change...), chat: newChat(t, s)}
	w.operator = newOperator(t)
	w.ensure(key, w.teleport, w.chat, spec)
	w.await("the service may call", func() error { return w.chat.callAt(w.url + listen.Path(key.Namespace, key.Name)) })
	return w
}

func newTeleport(t *testing.T, change ...func(*teleporttest.Options)) *teleporttest.Server {
	t.Helper()
	o := teleporttest.Options{
		Version: "18.11.0", AdvancedAccessWorkflows: true,
		Thresholds: map[string][]teleporttest.Threshold{"editor": {{Approve: 2, Deny: 2}}},
	}
	for _, change := range change {
		change(&o)
	}
	return teleporttest.ForTest(t, o)
}

// operator is all of one but its controllers, with its listener.
type operator struct {
	*supervisor.Supervisor
	t *testing.T
	// address is where it listens, and url what services call.
	address, url string

	notices chan status.Notice
	// kill ends it at once.
	kill func()
}

func newOperator(t *testing.T) *operator {
	t.Helper()
	return newOperatorAt(t, freeAddress(t))
}

// newOperatorAt makes one that listens at an address.
func newOperatorAt(t *testing.T, address string) *operator {
	t.Helper()
	o := &operator{t: t, address: address, url: "http://" + address, notices: make(chan status.Notice, 100)}
	o.Supervisor = launch.Supervisor(supervisor.Options{ReviewURL: o.url, Metrics: metrics.New("test")})
	o.OnNotice(func(_ supervisor.Key, n status.Notice) {
		select {
		case o.notices <- n:
		default:
		}
	})
	server, err := listen.New(listen.Options{Address: address, Find: o.Receive, Log: logr.Discard()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	listened := make(chan error, 1)
	go func() { listened <- server.Run(ctx) }()
	stop := launch.Run(ctx, o.Supervisor)
	ended := false
	o.kill = func() {
		if ended {
			return
		}
		ended = true
		cancel()
		if err := errors.Join(stop(), <-listened); err != nil {
			t.Errorf("the operator: %v", err)
		}
	}
	t.Cleanup(o.kill)
	return o
}

// freeAddress is one at which nothing listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// ensure runs a notifier with the default bot.
func (o *operator) ensure(k supervisor.Key, server *teleporttest.Server, c *chat, spec review.Spec) {
	o.t.Helper()
	o.ensureAs(k, server, c, spec, submitter, messengertest.DefaultToken, c.recipient())
}

// ensureAs runs a notifier that submits as a user of Teleport, and posts in a channel with a token.
func (o *operator) ensureAs(k supervisor.Key, server *teleporttest.Server, c *chat, spec review.Spec, as, token, channel string) {
	o.t.Helper()
	identity := server.IdentityFile(o.t, teleporttest.IdentityOptions{User: as, Roles: []string{teleporttest.ReviewPluginRole}})
	o.Ensure(k, supervisor.Spec{
		Teleport: supervisor.Teleport{
			Address: server.Addr(), IdentityRef: "identity", Identity: teleport.Credentials{File: identity},
		},
		Messenger: c.messenger(token),
		Rules:     routing.Rules{Always: []string{channel}},
		Review:    spec,
	})
}

// addUser makes a user of Teleport who reviews, with an account in the chat service, whose id is
// returned.
func (w *world) addUser(name string, options ...messengertest.UserOption) (account string) {
	account = w.chat.AddUser(name+"@example.com", options...)
	w.link(name, account)
	return account
}

// link gives a user of Teleport an account.
func (w *world) link(name, account string) {
	w.teleport.SetUser(teleporttest.User{
		Name: name, Roles: []string{teleporttest.ReviewerRole}, Traits: map[string][]string{trait: {account}},
	})
}

// ask makes a request, and waits for its message with buttons.
func (w *world) ask() (id string, post messengertest.Post) {
	w.t.Helper()
	id = w.create()
	w.await("the message has buttons", func() (err error) {
		for _, p := range w.chat.PostsIn(w.chat.channel) {
			if len(w.chat.Buttons(p.Channel, p.ID)) > 0 && strings.HasPrefix(w.chat.Buttons(p.Channel, p.ID)[0].Value, id) {
				post = p
				return nil
			}
		}
		return fmt.Errorf("there are %d messages, and none with buttons", len(w.chat.Posts()))
	})
	w.awaitRecord(id, key)
	return id, post
}

// awaitRecord waits until the record of a request names the message: before that, it counts for
// none of ours.
func (w *world) awaitRecord(id string, k supervisor.Key) {
	w.t.Helper()
	w.await("the record names the message", func() error {
		if record := w.teleport.PluginData(id, "accessnotifier/"+k.String())["record"]; !strings.Contains(record, `"ref":`) {
			return fmt.Errorf("it is %s", record)
		}
		return nil
	})
}

func (w *world) create() (id string) {
	w.t.Helper()
	id, err := w.teleport.CreateRequest(teleporttest.RequestSpec{User: "dave", Reason: "INC-1"})
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

// press presses a button as a person.
func (w *world) press(post messengertest.Post, approve bool, account string) {
	w.t.Helper()
	if err := w.chat.Press(post.Channel, post.ID, approve, account); err != nil {
		w.t.Errorf("pressing: %v", err)
	}
}

// awaitTold waits until a person was told something last.
func (w *world) awaitTold(account, part string) {
	w.t.Helper()
	w.await("the reviewer is told "+part, func() error {
		told := w.chat.told(account)
		if len(told) == 0 || !strings.Contains(told[len(told)-1], part) {
			return fmt.Errorf("the reviewer is told %q", told)
		}
		return nil
	})
}

// reviews are those of a request.
func (w *world) reviews(id string) []accessrequest.Review {
	r, _ := w.teleport.Request(id)
	return r.Reviews
}

// await waits until something is so.
func (o *operator) await(what string, try func() error) {
	o.t.Helper()
	wait.Test(o.t, within, what, try)
}
