package slack

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// counter is a desk that has every click decided.
type counter struct {
	mu      sync.Mutex
	decided []messenger.Click
	respond func() messenger.Response
	work    sync.WaitGroup
	ctx     context.Context
}

func (c *counter) Press(messenger.Click) messenger.Response {
	if c.respond != nil {
		return c.respond()
	}
	return messenger.Response{Begun: "begun"}
}

func (c *counter) Decide(_ context.Context, click messenger.Click) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.decided = append(c.decided, click)
	return "decided"
}

func (c *counter) Go(work func(context.Context)) bool {
	c.work.Go(func() { work(c.ctx) })
	return true
}

func (c *counter) clicks() []messenger.Click {
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.decided
}

// room is a workspace whose bot hears of clicks.
type room struct {
	*messengertest.Slack
	bot  *Slack
	desk *counter
	ref  messenger.Ref
	user string
	// ups counts connections, and ended has the end of Listen.
	ups   atomic.Int64
	ended chan error
}

var offered = message.Message{RequestID: "r1", Title: "Role request", Status: "Pending", Buttons: &message.Buttons{Approve: true}}

func newBot(t *testing.T, workspace *messengertest.Slack, appToken string) *Slack {
	t.Helper()
	bot, err := New(messenger.Config{
		Secrets: messenger.Secrets{messenger.SecretToken: messengertest.DefaultToken, messenger.SecretAppToken: appToken},
		URL:     "http://slack.simulated/api/", HTTPClient: &http.Client{Transport: workspace.Transport()},
	})
	if err != nil {
		t.Fatal(err)
	}
	return bot
}

// listening runs a test with a bot that hears of clicks.
func listening(t *testing.T, check func(t *testing.T, r *room)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &room{Slack: messengertest.NewSlack(messengertest.Options{}), desk: &counter{}, ended: make(chan error, 1)}
		r.bot = newBot(t, r.Slack, messengertest.DefaultAppToken)
		r.user = r.AddUser("alice@example.com")
		var err error
		if r.ref, err = r.bot.Post(t.Context(), messenger.Address{ID: r.AddChannel("ops")}, offered, "key"); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		r.desk.ctx = ctx
		go func() { r.ended <- r.bot.Listen(ctx, r.desk, func() { r.ups.Add(1) }) }()
		synctest.Wait()
		check(t, r)
		cancel()
		if err := <-r.ended; err != nil {
			t.Errorf("Listen = %v, want nil", err)
		}
		r.desk.work.Wait()
		if problems := r.SocketProblems(); len(problems) > 0 {
			t.Errorf("the client did what Slack does not know: %q", problems)
		}
	})
}

// press presses a button, which must be taken, and decided once.
func (r *room) press(t *testing.T, what string) {
	t.Helper()
	before := len(r.desk.clicks())
	if err := r.Press(r.ref.Channel, r.ref.ID, true, r.user); err != nil {
		t.Errorf("%s: Press = %v", what, err)
	}
	if n := len(r.desk.clicks()) - before; n != 1 {
		t.Errorf("%s: one click was decided %d times", what, n)
	}
}

func (r *room) wantUps(t *testing.T, what string, want int64) {
	t.Helper()
	synctest.Wait()
	if r.ups.Load() != want || r.Sockets() != 1 {
		t.Errorf("%s: %d connections were opened, and %d are; want %d, and 1", what, r.ups.Load(), r.Sockets(), want)
	}
}

// TestAnnouncedEndIsBridged: the next connection is open before the old one closes.
func TestAnnouncedEndIsBridged(t *testing.T) {
	for _, reason := range []string{"warning", "refresh_requested"} {
		listening(t, func(t *testing.T, r *room) {
			time.Sleep(time.Hour)
			r.AnnounceDisconnect(reason, 10*time.Second)
			synctest.Wait()
			if r.ups.Load() != 2 || r.Sockets() != 2 {
				t.Errorf("%s: %d connections were opened, %d are open; want 2 of both at once", reason, r.ups.Load(), r.Sockets())
			}
			r.press(t, reason)
			time.Sleep(11 * time.Second)
			r.wantUps(t, reason, 2)
			r.press(t, "after "+reason)
		})
	}
}

// TestAnnouncedEndThatDoesNotCome: an old connection is not kept for ever.
func TestAnnouncedEndThatDoesNotCome(t *testing.T) {
	listening(t, func(t *testing.T, r *room) {
		time.Sleep(time.Hour)
		r.AnnounceDisconnect("warning", 24*time.Hour)
		time.Sleep(linger + time.Second)
		r.wantUps(t, "after a warning", 2)
		time.Sleep(24 * time.Hour)
	})
}

func TestLostConnectionsAreReplaced(t *testing.T) {
	for what, lose := range map[string]func(r *room){
		"a close":              func(r *room) { r.CutSockets(false) },
		"a close within":       func(r *room) { r.CutSockets(true) },
		"a huge frame":         func(r *room) { r.SendToSockets(bytes.Repeat([]byte("x"), maxFrame+1)) },
		"too many connections": func(r *room) { r.SendToSockets([]byte(`{"type":"disconnect","reason":"too_many_websockets"}`)) },
		"silence": func(r *room) {
			r.SilenceSockets(true)
			time.Sleep(maxSilence + time.Second)
			r.SilenceSockets(false)
		},
	} {
		t.Run(what, func(t *testing.T) {
			listening(t, func(t *testing.T, r *room) {
				time.Sleep(time.Hour)
				lose(r)
				time.Sleep(2 * time.Second)
				r.wantUps(t, what, 2)
				r.press(t, what)
			})
		})
	}
}

func TestUnknownFramesAreLeftAlone(t *testing.T) {
	listening(t, func(t *testing.T, r *room) {
		for _, text := range []string{
			"", "x", "null", "[]", "{}", `{"type":7}`, `{"type":"interactive"}`, `{"type":"hello"}`, `{"type":"goodbye"}`,
			`{"type":"disconnect"`, `{"type":"interactive","payload":{"actions":"x"}}`,
		} {
			r.SendToSockets([]byte(text))
		}
		r.press(t, "after all that")
		r.wantUps(t, "after all that", 1)
	})
}

// TestMissedAcknowledgementIsOneClick: Slack sends again what it takes for lost.
func TestMissedAcknowledgementIsOneClick(t *testing.T) {
	listening(t, func(t *testing.T, r *room) {
		r.MissAcknowledgements(2)
		r.press(t, "an acknowledgement that was missed twice")
	})
}

// TestConnectionsAreNotOpenedInABusyLoop: short ones are replaced more and more slowly.
func TestConnectionsAreNotOpenedInABusyLoop(t *testing.T) {
	listening(t, func(t *testing.T, r *room) {
		for range 3600 {
			r.CutSockets(false)
			time.Sleep(time.Second)
		}
		if n := r.ups.Load(); n < 30 || n > 300 {
			t.Errorf("%d connections in an hour in which each is cut after a second", n)
		}
		time.Sleep(2 * time.Minute)
		r.press(t, "after an hour of that")
	})
}

// TestOutageEnds: failures that pass are waited out, and reported when there are several.
func TestOutageEnds(t *testing.T) {
	for what, fail := range map[string]func(w *messengertest.Slack){
		"a refused connection": func(w *messengertest.Slack) { w.Faults().RefuseConnections(true) },
		"a failing call":       func(w *messengertest.Slack) { w.Faults().FailMethod(callConnect, messengertest.Failure{Status: 502}) },
		"no hello":             func(w *messengertest.Slack) { w.WithoutHello(true) },
		"a foreign host":       func(w *messengertest.Slack) { w.NameSocket("wss://slack.com.evil.example/link/") },
		"a used ticket":        func(w *messengertest.Slack) { w.NameSocket("ws://slack.simulated/link/?ticket=used") },
	} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				workspace := messengertest.NewSlack(messengertest.Options{})
				bot := newBot(t, workspace, messengertest.DefaultAppToken)
				if err := bot.Check(t.Context()); err != nil {
					t.Fatal(err)
				}
				fail(workspace)
				start := time.Now()
				err := bot.Listen(t.Context(), &counter{}, func() { t.Error("up") })
				e, ok := errors.AsType[*messenger.Error](err)
				if !ok || e.Class != messenger.Transient || strings.Contains(err.Error(), "evil") || strings.Contains(err.Error(), "ticket") {
					t.Errorf("Listen = %v, want a transient *Error", err)
				}
				if took := time.Since(start); took < 2*time.Second || took > 2*time.Minute {
					t.Errorf("it took %s to say so", took)
				}
				if n := workspace.Calls()[callConnect]; n > maxFailures {
					t.Errorf("%s was called %d times", callConnect, n)
				}
			})
		})
	}
}

// TestThrottledConnectionsWait: Slack says when to come back.
func TestThrottledConnectionsWait(t *testing.T) {
	listening(t, func(t *testing.T, r *room) {
		time.Sleep(time.Hour)
		r.Faults().Throttle(messengertest.Throttling{RetryAfter: 10 * time.Minute, Scope: messengertest.ScopeMethod, Target: callConnect})
		before := r.Calls()[callConnect]
		r.CutSockets(false)
		time.Sleep(time.Minute)
		r.Faults().Unthrottle()
		time.Sleep(8 * time.Minute)
		if n := r.Calls()[callConnect] - before; n != 1 {
			t.Errorf("%d calls before the time that Slack has named", n)
		}
		time.Sleep(3 * time.Minute)
		r.wantUps(t, "after the pause", 2)
	})
}

// TestAppTokenThatCannotWork names the token that is to blame, and is reported at once.
func TestAppTokenThatCannotWork(t *testing.T) {
	refused := func(code string) func(*messengertest.Slack) {
		return func(w *messengertest.Slack) { w.RefuseAppToken(code) }
	}
	for what, tt := range map[string]struct {
		token string
		set   func(*messengertest.Slack)
		want  string
	}{
		"none":        {"", nil, "none is configured"},
		"wrong":       {"xapp-1-A1-1-secret", nil, "does not accept the app-level token"},
		"revoked":     {messengertest.DefaultAppToken, refused("token_revoked"), "does not accept the app-level token"},
		"no scope":    {messengertest.DefaultAppToken, refused("missing_scope"), "lacks the scope connections:write"},
		"wrong kind":  {messengertest.DefaultAppToken, refused("not_allowed_token_type"), "takes an app-level token here"},
		"not allowed": {messengertest.DefaultAppToken, refused("access_denied"), "does not let the app hear of pressed buttons"},
	} {
		t.Run(what, func(t *testing.T) {
			workspace := messengertest.NewSlack(messengertest.Options{})
			if tt.set != nil {
				tt.set(workspace)
			}
			err := newBot(t, workspace, tt.token).Listen(t.Context(), &counter{}, func() { t.Error("up") })
			e, ok := errors.AsType[*messenger.Error](err)
			if !ok || e.Class != messenger.MessengerPermanent || !e.NotToken || e.Advice == "" || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Listen = %v, want a permanent *Error that says %q", err, tt.want)
			}
			if tt.token != "" && strings.Contains(err.Error(), tt.token) {
				t.Errorf("the error %q holds the token", err)
			}
		})
	}
}

func TestSocketModeThatIsTurnedOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		workspace := messengertest.NewSlack(messengertest.Options{})
		ended := make(chan error, 1)
		bot := newBot(t, workspace, messengertest.DefaultAppToken)
		go func() { ended <- bot.Listen(t.Context(), &counter{}, func() {}) }()
		synctest.Wait()
		workspace.AnnounceDisconnect("link_disabled", time.Second)
		err := <-ended
		if e, ok := errors.AsType[*messenger.Error](err); !ok || e.Class != messenger.MessengerPermanent || !strings.Contains(err.Error(), "Turn on Socket Mode") && !strings.Contains(err.Error(), "turn on Socket Mode") {
			t.Errorf("Listen = %v", err)
		}
	})
}

// TestBotTokenIsNoAppToken: who mixes them up is told before any call.
func TestBotTokenIsNoAppToken(t *testing.T) {
	for _, token := range []string{"xoxb-secret", "secret", "xapp-with space", "xapp-"} {
		_, err := New(messenger.Config{Secrets: messenger.Secrets{messenger.SecretToken: "xoxb-1", messenger.SecretAppToken: token}})
		if err == nil || !strings.Contains(err.Error(), "begins with xapp-") || strings.Contains(err.Error(), "secret") {
			t.Errorf("New with %q = %v", token, err)
		}
	}
}

// TestListenEndsWithItsContext: also while a connection is being opened.
func TestListenEndsWithItsContext(t *testing.T) {
	for what, set := range map[string]func(*messengertest.Slack){
		"before hello":      func(w *messengertest.Slack) { w.WithoutHello(true) },
		"in a call":         func(w *messengertest.Slack) { w.Faults().Hang(true) },
		"between two calls": func(w *messengertest.Slack) { w.Faults().FailMethod(callConnect, messengertest.Failure{Status: 502}) },
	} {
		synctest.Test(t, func(t *testing.T) {
			workspace := messengertest.NewSlack(messengertest.Options{})
			set(workspace)
			ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
			defer cancel()
			if err := newBot(t, workspace, messengertest.DefaultAppToken).Listen(ctx, &counter{}, func() {}); err != nil {
				t.Errorf("%s: Listen = %v", what, err)
			}
		})
	}
}

// TestAPanicEndsTheConnection, and not the process.
func TestAPanicEndsTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		workspace := messengertest.NewSlack(messengertest.Options{})
		bot, user := newBot(t, workspace, messengertest.DefaultAppToken), workspace.AddUser("alice@example.com")
		ref, err := bot.Post(t.Context(), messenger.Address{ID: workspace.AddChannel("ops")}, offered, "key")
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- bot.Listen(t.Context(), defect{&counter{}}, func() {}) }()
		synctest.Wait()
		_ = workspace.Press(ref.Channel, ref.ID, true, user)
		err = <-ended
		synctest.Wait()
		if err == nil || workspace.Sockets() != 0 {
			t.Errorf("Listen = %v, and %d connections are open", err, workspace.Sockets())
		}
	})
}

// defect panics where a frame is read.
type defect struct{ *counter }

func (defect) Go(func(context.Context)) bool { panic("typed text") }
