// Package postgres runs a PostgreSQL server for tests. It listens on a socket in
// a directory of its own, and nowhere else.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/accessnotifier/accessnotifier/test/e2e/process"
)

const (
	superuser = "e2e"
	// startTimeout bounds a start on a slow and busy machine.
	startTimeout = time.Minute
	pollEvery    = 50 * time.Millisecond
)

// Server is a PostgreSQL server with one empty database.
type Server struct {
	binaries, directory string
	account             process.Account
	running             *process.Process
}

// New makes a database in a new directory, with the programs in binaries.
// Nothing runs until Start.
func New(binaries string, account process.Account) (*Server, error) {
	// Not where tests have their files: the path of a socket must be short.
	directory, err := os.MkdirTemp("", "e2e-postgres-")
	if err != nil {
		return nil, fmt.Errorf("making a directory: %w", err)
	}
	s := &Server{binaries: binaries, directory: directory, account: account}
	if err := account.Own(directory); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	err = s.command("initdb", "--pgdata", s.data(), "--username", superuser,
		"--auth", "trust", "--encoding", "UTF8", "--no-locale", "--no-sync").Run()
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Server) data() string { return filepath.Join(s.directory, "data") }

func (s *Server) command(name string, args ...string) process.Command {
	return process.Command{
		Path:       filepath.Join(s.binaries, name),
		Args:       args,
		Dir:        s.directory,
		Account:    s.account,
		StopSignal: "INT", // ends sessions, too
		Log:        filepath.Join(s.directory, "log"),
	}
}

// Start starts the server, again after Stop, and waits until it accepts
// connections.
func (s *Server) Start(ctx context.Context) error {
	running, err := process.Start(s.command("postgres", "-D", s.data(), "-k", s.directory,
		"-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=200"))
	if err != nil {
		return err
	}
	s.running = running
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout, fmt.Errorf("not ready within %s", startTimeout))
	defer cancel()
	for s.command("pg_isready", "--quiet", "--host", s.directory, "--username", superuser).Run() != nil {
		select {
		case <-ctx.Done():
			return fmt.Errorf("starting PostgreSQL: %w\n%s", context.Cause(ctx), running.LogTail())
		case <-running.Done():
			return fmt.Errorf("starting PostgreSQL: it ended by itself\n%s", running.LogTail())
		case <-time.After(pollEvery):
		}
	}
	return nil
}

// Stop breaks off what clients are doing and ends the server. The data stays.
func (s *Server) Stop() error {
	if s.running == nil {
		return nil
	}
	return s.running.Stop()
}

// Close ends the server and removes its data.
func (s *Server) Close() error {
	return errors.Join(s.Stop(), os.RemoveAll(s.directory))
}

// URL is how clients connect to the database.
func (s *Server) URL() string {
	u := url.URL{
		Scheme: "postgres", User: url.User(superuser), Path: "/postgres",
		RawQuery: url.Values{"host": {s.directory}, "sslmode": {"disable"}}.Encode(),
	}
	return u.String()
}
