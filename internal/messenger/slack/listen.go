package slack

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/backoff"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// listener hears of clicks over one connection after the other.
type listener struct {
	slack *Slack
	desk  messenger.Desk
	seen  seen
	busy  busy
	// readers are those of all connections. Two overlap when one replaces the other.
	readers sync.WaitGroup
}

// Listen implements messenger.ClickListener, by Socket Mode:
// https://docs.slack.dev/apis/events-api/using-socket-mode.
//
// A failure that should pass is tried again more and more slowly, and returned once there were
// several in a row, so that the operator can say why nothing is heard.
func (s *Slack) Listen(ctx context.Context, desk messenger.Desk, up func()) error {
	if s.appToken == "" {
		return noAppToken()
	}
	l := &listener{slack: s, desk: desk}
	defer l.readers.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	failures := 0
	for {
		began := time.Now()
		err := l.once(ctx, up)
		if ctx.Err() != nil {
			return nil
		}
		if failures++; time.Since(began) >= steady {
			failures = 0
		}
		if isFinal(err, failures) {
			return err
		}
		if !backoff.Sleep(ctx, pause(err, failures)) {
			return nil
		}
	}
}

// isFinal reports whether an error is not waited out.
func isFinal(err error, failures int) bool {
	e, ok := errors.AsType[*messenger.Error](err)
	switch {
	case errors.Is(err, errPanicked):
		return true
	case !ok || e.Class == messenger.Throttled:
		return false
	case e.Class == messenger.Transient:
		return failures >= maxFailures
	default:
		return true
	}
}

// pause is how long to wait before the next connection. One that has lasted is replaced at once.
func pause(err error, failures int) time.Duration {
	var wait time.Duration
	if failures > 0 {
		wait = backoff.Delay(reconnectBase, reconnectLimit, failures)
	}
	if e, ok := errors.AsType[*messenger.Error](err); ok {
		wait = max(wait, e.RetryAfter)
	}
	return wait
}

// once opens a connection, and returns when it is to be replaced: because it has ended, or because
// Slack has announced that it will, when it is read to its end beside the next one.
func (l *listener) once(ctx context.Context, up func()) error {
	account, err := l.slack.knownAccount(ctx)
	if err != nil {
		return err
	}
	c, err := l.slack.openSocket(ctx)
	if err != nil {
		return err
	}
	c.account = account
	up()
	l.readers.Go(func() { l.readSafely(ctx, c) })
	select {
	case <-c.replace:
	case <-c.ended:
	}
	switch {
	case c.disabled.Load():
		return linkDisabled()
	case c.panicked.Load():
		return errPanicked
	default:
		return nil
	}
}

// errPanicked is returned for a connection in whose frames a defect of this package has come up.
var errPanicked = errors.New("reading a frame panicked")

// readSafely is read, of which a panic ends this connection and nothing else.
func (l *listener) readSafely(ctx context.Context, c *socket) {
	defer close(c.ended)
	defer func() {
		if recover() != nil {
			c.panicked.Store(true)
		}
	}()
	l.read(ctx, c)
}

// knownAccount is whose token the bot has.
func (s *Slack) knownAccount(ctx context.Context) (messenger.Account, error) {
	if _, err := s.selfID(ctx); err != nil {
		return messenger.Account{}, err
	}
	account, _ := s.bot.Self.Known()
	return account, nil
}

func noAppToken() error {
	return &messenger.Error{
		Class: messenger.MessengerPermanent, Call: callConnect, Code: "no_app_token", NotToken: true,
		What:   "{service} reports pressed buttons only with an app-level token, and none is configured",
		Advice: adviceAppToken,
	}
}

func linkDisabled() error {
	return &messenger.Error{
		Class: messenger.MessengerPermanent, Call: callSocket, Code: "link_disabled", Quoted: true, NotToken: true,
		What:   "{service} says that Socket Mode is turned off for the app",
		Advice: "Turn on Socket Mode in the settings of the app",
	}
}

// checkAppToken refuses what is no app-level token. It repeats nothing of it.
func checkAppToken(token string) error {
	if token != "" && !appTokenForm.MatchString(token) {
		return fmt.Errorf("slack: the %s is not an app-level token, which begins with xapp-", messenger.SecretAppToken)
	}
	return nil
}
