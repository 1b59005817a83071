//go:build e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"github.com/accessnotifier/accessnotifier/test/e2e/mattermost"
	"github.com/accessnotifier/accessnotifier/test/e2e/postgres"
	"github.com/accessnotifier/accessnotifier/test/e2e/process"
)

// services are what all tests share. They run one after the other.
type services struct {
	account  process.Account
	database *postgres.Server
	chat     *mattermost.Server
	*community
}

var shared services

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

// run runs the tests. Whatever way it ends, so do the servers.
func run(m *testing.M) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	status := make(chan int, 1)
	if err := shared.start(ctx); err != nil {
		fmt.Fprintln(os.Stderr, errors.Join(err, shared.close()))
		return 1
	}
	go func() { status <- m.Run() }()
	code := 1
	select {
	case code = <-status:
	case <-ctx.Done():
		fmt.Fprintln(os.Stderr, "interrupted")
	}
	if err := shared.close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

func (s *services) start(ctx context.Context) error {
	binaries, err := setting("E2E_POSTGRESQL")
	if err != nil {
		return err
	}
	if s.account, err = process.Unprivileged(); err != nil {
		return err
	}
	if s.database, err = postgres.New(binaries, s.account); err != nil {
		return err
	}
	if err := s.database.Start(ctx); err != nil {
		return err
	}
	if s.chat, err = s.startChat(ctx); err != nil {
		return err
	}
	s.community, err = settle(ctx, s.chat.URL())
	return err
}

// startChat starts a Mattermost server on the database. The settings are added
// to the usual ones.
func (s *services) startChat(ctx context.Context, settings ...string) (*mattermost.Server, error) {
	directory, err := setting("E2E_MATTERMOST")
	if err != nil {
		return nil, err
	}
	return mattermost.Start(ctx, mattermost.Options{
		Directory: directory, Database: s.database.URL(), Account: s.account, Settings: settings,
	})
}

func (s *services) close() error {
	var errs []error
	if s.chat != nil {
		errs = append(errs, s.chat.Close())
	}
	if s.database != nil {
		errs = append(errs, s.database.Close())
	}
	return errors.Join(errs...)
}

func setting(name string) (string, error) {
	value := os.Getenv(name)
	if value == "" {
		return "", fmt.Errorf("%s is not set: run `make test-e2e`, which gets what these tests need and sets it", name)
	}
	return value, nil
}
