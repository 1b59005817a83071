// Package mattermost runs a Mattermost server for tests, and speaks to it as
// people do.
package mattermost

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/accessnotifier/accessnotifier/test/e2e/process"
)

const (
	// startTimeout bounds a start on a slow and busy machine, migrations of an
	// empty database included.
	startTimeout = 2 * time.Minute
	pollEvery    = 50 * time.Millisecond
)

// Options say what to run.
type Options struct {
	// Directory holds the program mattermost and its folders i18n, fonts and
	// templates.
	Directory string
	// Database is the URL of a PostgreSQL database. Several servers can use one.
	Database string
	// Account is who runs the server.
	Account process.Account
	// Settings are added to the environment, such as
	// "MM_RATELIMITSETTINGS_ENABLE=true".
	Settings []string
}

// settings make a server that allows what tests need and calls no other service.
var settings = []string{
	"MM_SERVICESETTINGS_LISTENADDRESS=127.0.0.1:0",
	"MM_SERVICESETTINGS_ENABLEBOTACCOUNTCREATION=true",
	"MM_SERVICESETTINGS_ENABLEUSERACCESSTOKENS=true",
	"MM_SERVICESETTINGS_ENABLESECURITYFIXALERT=false",
	"MM_SERVICESETTINGS_ENABLELINKPREVIEWS=false",
	"MM_ANNOUNCEMENTSETTINGS_ADMINNOTICESENABLED=false",
	"MM_ANNOUNCEMENTSETTINGS_USERNOTICESENABLED=false",
	"MM_EMAILSETTINGS_SENDEMAILNOTIFICATIONS=false",
	"MM_EMAILSETTINGS_SENDPUSHNOTIFICATIONS=false",
	"MM_PLUGINSETTINGS_ENABLE=false",
	"MM_LOGSETTINGS_ENABLEDIAGNOSTICS=false",
	"MM_LOGSETTINGS_ENABLESENTRY=false",
	"MM_LOGSETTINGS_ENABLEFILE=false",
	"MM_LOGSETTINGS_CONSOLELEVEL=INFO",
	"MM_TEAMSETTINGS_MAXUSERSPERTEAM=500",
}

// Server is a running Mattermost server.
type Server struct {
	directory string
	running   *process.Process
	url       string
}

// Start starts a server in a new directory and waits until it answers.
func Start(ctx context.Context, o Options) (*Server, error) {
	directory, err := os.MkdirTemp("", "e2e-mattermost-")
	if err != nil {
		return nil, fmt.Errorf("making a directory: %w", err)
	}
	s := &Server{directory: directory}
	if err := s.start(ctx, o); err != nil {
		return nil, errors.Join(fmt.Errorf("starting Mattermost: %w", err), s.Close())
	}
	return s, nil
}

func (s *Server) start(ctx context.Context, o Options) error {
	// A copy: others may not be allowed to look into the directory of root, and
	// the server writes beside its folders.
	if err := os.CopyFS(s.directory, os.DirFS(o.Directory)); err != nil {
		return fmt.Errorf("copying the server: %w", err)
	}
	if err := o.Account.Own(s.directory); err != nil {
		return err
	}
	env := append([]string{"MM_SQLSETTINGS_DRIVERNAME=postgres", "MM_SQLSETTINGS_DATASOURCE=" + o.Database}, settings...)
	var err error
	s.running, err = process.Start(process.Command{
		Path:       filepath.Join(s.directory, "mattermost"),
		Args:       []string{"server", "--config", filepath.Join(s.directory, "config.json")},
		Dir:        s.directory,
		Env:        append(env, o.Settings...),
		Account:    o.Account,
		StopSignal: "TERM",
		Log:        filepath.Join(s.directory, "log"),
	})
	if err != nil {
		return err
	}
	return s.listening(ctx)
}

// address is where the server says that it listens.
var address = regexp.MustCompile(`Server is listening on (127\.0\.0\.1:\d+)`)

// listening waits until the server listens: it answers from then on.
func (s *Server) listening(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout, fmt.Errorf("not ready within %s", startTimeout))
	defer cancel()
	for {
		log, err := os.ReadFile(filepath.Join(s.directory, "log"))
		if err != nil {
			return fmt.Errorf("reading the log: %w", err)
		}
		if match := address.FindSubmatch(log); match != nil {
			s.url = "http://" + string(match[1])
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w\n%s", context.Cause(ctx), s.running.LogTail())
		case <-s.running.Done():
			return fmt.Errorf("it ended by itself\n%s", s.running.LogTail())
		case <-time.After(pollEvery):
		}
	}
}

// URL is the address of the server.
func (s *Server) URL() string {
	return s.url
}

// Close ends the server and removes its files. The database stays as it is.
func (s *Server) Close() error {
	var err error
	if s.running != nil {
		err = s.running.Stop()
	}
	return errors.Join(err, os.RemoveAll(s.directory))
}
