// Package postfix runs a Postfix for tests. It listens on 127.0.0.1, offers STARTTLS, delivers
// into directories, and sends nothing anywhere. Its master is root's, as Postfix insists; all that
// speaks to clients, or touches mail, is another user's.
package postfix

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/test/e2e/process"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

const (
	// Domain is the one that the server has mailboxes in.
	Domain = "example.com"
	// MaxBytes is how large mail may be.
	MaxBytes = 20_000

	owner = "postfix"
	// startTimeout bounds a start on a slow and busy machine.
	startTimeout = time.Minute
	pollEvery    = 50 * time.Millisecond
)

// Server is a running Postfix.
type Server struct {
	daemons, directory, address string
	running                     *process.Process
}

// Start starts a server with a mailbox for each of the names. The daemons are where Postfix has
// them.
func Start(ctx context.Context, daemons string, mailboxes ...string) (*Server, error) {
	directory, err := os.MkdirTemp("", "e2e-postfix-")
	if err != nil {
		return nil, fmt.Errorf("making a directory: %w", err)
	}
	s := &Server{daemons: daemons, directory: directory}
	if err := s.start(ctx, mailboxes); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Server) start(ctx context.Context, mailboxes []string) error {
	if err := s.configure(mailboxes); err != nil {
		return err
	}
	running, err := process.Start(process.Command{
		Path: filepath.Join(s.daemons, "master"), Args: []string{"-c", s.path("etc"), "-d"}, Dir: s.directory,
		StopSignal: "TERM", Log: s.path("master.log"),
	})
	if err != nil {
		return err
	}
	s.running = running
	err = wait.For(ctx, startTimeout, pollEvery, func() error {
		connection, err := new(net.Dialer).DialContext(ctx, "tcp", s.address)
		if err != nil {
			return err
		}
		return connection.Close()
	})
	if err != nil {
		return fmt.Errorf("starting Postfix: %w\n%s\n%s", err, running.LogTail(), s.Log())
	}
	return nil
}

func (s *Server) path(name string) string { return filepath.Join(s.directory, name) }

// configure writes what Postfix reads, and has it make its queue.
func (s *Server) configure(mailboxes []string) error {
	account, err := user.Lookup(owner)
	if err != nil {
		return fmt.Errorf("looking up whom Postfix runs as: %w", err)
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("finding a free port: %w", err)
	}
	s.address = free.Addr().String()
	if err := free.Close(); err != nil {
		return err
	}
	var boxes []string
	for _, name := range mailboxes {
		boxes = append(boxes, name+"@"+Domain+" "+name+"/")
	}
	certificate, key, err := certificate()
	if err != nil {
		return err
	}
	for _, name := range []string{"etc", "queue", "data", "mail"} {
		if err := os.Mkdir(s.path(name), 0o755); err != nil {
			return err
		}
	}
	for name, text := range map[string]string{
		"etc/main.cf": s.mainConfig(account), "etc/master.cf": s.masterConfig(), "etc/certificate.pem": certificate, "etc/key.pem": key,
		"etc/mailboxes": strings.Join(boxes, "\n") + "\n", "etc/access": "",
	} {
		if err := os.WriteFile(s.path(name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return errors.Join(os.Chmod(s.directory, 0o755), own(account, s.path("data")), own(account, s.path("mail")),
		process.Command{Path: "/usr/sbin/postfix", Args: []string{"-c", s.path("etc"), "check"}, Dir: s.directory}.Run())
}

func own(account *user.User, directory string) error {
	return process.Command{Path: "/bin/chown", Args: []string{account.Uid + ":" + account.Gid, directory}, Dir: directory}.Run()
}

// certificate makes one that messengertest.EmailRoots vouches for, in PEM form.
func certificate() (certificate, key string, err error) {
	made := messengertest.EmailCertificate("127.0.0.1", time.Now().Add(time.Hour))
	encoded, err := x509.MarshalPKCS8PrivateKey(made.PrivateKey)
	return inPEM(made), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded})), err
}

func inPEM(c tls.Certificate) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]}))
}

func (s *Server) mainConfig(account *user.User) string {
	return strings.NewReplacer(
		"DAEMONS", s.daemons, "DIR", s.directory, "UID", account.Uid, "GID", account.Gid, "DOMAIN", Domain, "SIZE", fmt.Sprint(MaxBytes),
	).Replace(`compatibility_level = 3.6
queue_directory = DIR/queue
data_directory = DIR/data
daemon_directory = DAEMONS
command_directory = /usr/sbin
maillog_file = DIR/mail.log
maillog_file_prefixes = DIR
mail_owner = postfix
setgid_group = postdrop
default_privs = daemon
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.DOMAIN
mydestination =
mynetworks =
alias_maps =
alias_database =
local_recipient_maps =
default_transport = error:nothing leaves this server
relay_transport = error:nothing leaves this server
virtual_mailbox_domains = DOMAIN
virtual_mailbox_base = DIR/mail
virtual_mailbox_maps = texthash:DIR/etc/mailboxes
virtual_minimum_uid = 1
virtual_uid_maps = static:UID
virtual_gid_maps = static:GID
message_size_limit = SIZE
smtpd_tls_security_level = encrypt
smtpd_tls_cert_file = DIR/etc/certificate.pem
smtpd_tls_key_file = DIR/etc/key.pem
smtpd_tls_received_header = yes
smtpd_recipient_restrictions = check_recipient_access texthash:DIR/etc/access
`)
}

// masterConfig has each process that speaks to clients serve one connection: the next reads anew
// what Refuse has written.
func (s *Server) masterConfig() string {
	return s.address + ` inet n - n - - smtpd -o max_use=1
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
tlsmgr unix - - n 1000? 1 tlsmgr
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
`
}

// Address is HOST:PORT.
func (s *Server) Address() string { return s.address }

// Refuse has the server answer so whoever sends mail to a mailbox, such as "450 4.2.0 Greylisted",
// from the next connection on. Without an answer it takes mail.
func (s *Server) Refuse(mailbox, answer string) error {
	text := ""
	if answer != "" {
		text = mailbox + "@" + Domain + " " + answer + "\n"
	}
	return os.WriteFile(s.path("etc/access"), []byte(text), 0o644)
}

// Mail returns the mails in a mailbox, in any order.
func (s *Server) Mail(mailbox string) (mails []string, err error) {
	files, err := filepath.Glob(filepath.Join(s.path("mail"), mailbox, "new", "*"))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		mails = append(mails, string(text))
	}
	return mails, nil
}

// Log returns what the server has to say, for people.
func (s *Server) Log() string {
	text, err := os.ReadFile(s.path("mail.log"))
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// Close ends the server and removes its mail.
func (s *Server) Close() error {
	var err error
	if s.running != nil {
		err = s.running.Stop()
	}
	return errors.Join(err, os.RemoveAll(s.directory))
}
