// Package tenants has one namespace try all that it can against another, on a real API server and
// under its access control, with the operator as people run it.
//
// The attacker may do everything in a namespace of their own, knows all about the victim that is no
// secret, and at times has a copy of a secret. What is promised is in docs/multi-tenancy.md and
// docs/security.md: the victim's messages, records, status and Events are as ever, and nothing of
// the victim's is in what the attacker can read.
package tenants

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/cli"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/test/controlplane"
	"github.com/accessnotifier/accessnotifier/test/kit/launch"
	"github.com/accessnotifier/accessnotifier/test/kit/service"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

// What all tests share.
var (
	plane *controlplane.ControlPlane
	// chats are the services, each with a bot for each tenant.
	chats = map[string]messengertest.Simulator{}
	names = &resolver{}
	log   = &operatorLog{}
	// health and metrics are where the operator listens.
	health, metrics string
)

// here is the only address of this machine that the operator may connect to. Others stand for
// what it must not reach.
const here = "127.0.0.1"

func TestMain(m *testing.M) {
	os.Exit(controlplane.Main(withOperator{m}, controlplane.Options{}, &plane))
}

// withOperator runs tests while an operator runs.
type withOperator struct{ tests *testing.M }

func (w withOperator) Run() int {
	status, err := w.run()
	if err != nil {
		fmt.Fprintln(os.Stderr, "the operator:", err)
		return 1
	}
	return status
}

func (w withOperator) run() (status int, err error) {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	if err := names.serve(ctx); err != nil {
		return 1, err
	}
	for _, s := range []service.Service{service.Slack, service.Mattermost, service.Webhook} {
		chat := s.Simulate(messengertest.Options{})
		if err := chat.Listen(""); err != nil {
			return 1, err
		}
		defer chat.Close()
		chats[s.Name()] = chat
	}
	dir, err := os.MkdirTemp("", "tenants")
	if err != nil {
		return 1, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	ended, err := startOperator(ctx, dir)
	if err != nil {
		return 1, err
	}
	// It sets the logger of Kubernetes' client, which tests use as well.
	if err := wait.For(ctx, within, 20*time.Millisecond, ready); err != nil {
		return 1, fmt.Errorf("%w: %s", err, log)
	}
	status = w.tests.Run()
	stop()
	if err := <-ended; err != nil {
		return 1, fmt.Errorf("%w: %s", err, log)
	}
	return status, log.check()
}

// startOperator runs the operator's command in this process, where the race detector sees it.
func startOperator(ctx context.Context, dir string) (ended chan error, err error) {
	user, err := plane.AddOperator(ctx)
	if err != nil {
		return nil, err
	}
	kubeconfig := filepath.Join(dir, "kubeconfig")
	if err := os.WriteFile(kubeconfig, user.Kubeconfig, 0o600); err != nil {
		return nil, err
	}
	for _, address := range []*string{&health, &metrics} {
		if *address, err = launch.FreeAddress(ctx); err != nil {
			return nil, err
		}
	}
	command := cli.Command("access-notifier") //nolint:contextcheck // It gets its context below.
	command.SetArgs(append([]string{
		"manager", "--kubeconfig=" + kubeconfig, "--leader-elect=false", "--allow-networks=" + here + "/32",
		"--health-probe-bind-address=" + health, "--metrics-bind-address=" + metrics, "--log-level=debug",
	}, service.Slack.Flags(chats[service.Slack.Name()].URL())...))
	command.SetOut(log)
	command.SetErr(log)
	ended = make(chan error, 1)
	go func() { ended <- command.ExecuteContext(ctx) }()
	return ended, nil
}

// ready fails unless the operator says that it is.
func ready() error {
	response, err := http.Get("http://" + health + "/readyz")
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return errors.New("it is not ready: " + response.Status)
	}
	return nil
}

// operatorLog keeps what the operator says.
type operatorLog struct{ launch.WholeLog }

// check fails if the operator has crashed, as a whole or in part.
func (l *operatorLog) check() error {
	for line := range strings.Lines(l.String()) {
		if strings.Contains(line, "anic") {
			return errors.New("the operator has logged: " + line)
		}
	}
	return nil
}

// closedTo is an address of this machine that the operator must not connect to, at a port; it
// returns how many connections were made to it.
func closedTo(t *testing.T, address string) (connected func() int) {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	var mu sync.Mutex
	n := 0
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_ = conn.Close()
			mu.Lock()
			n++
			mu.Unlock()
		}
	}()
	return func() int {
		mu.Lock()
		defer mu.Unlock()
		return n
	}
}
