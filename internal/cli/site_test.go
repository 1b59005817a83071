package cli

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
	"github.com/accessnotifier/accessnotifier/test/kit/launch"
	"github.com/accessnotifier/accessnotifier/test/kit/service"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

// within is how long anything on a site may take, on a busy machine.
const within = 30 * time.Second

// messengerToken is the bot's.
const messengerToken = messengertest.DefaultToken

// roles are those of the first and of the next identity.
var roles = []string{"first", "next"}

// site is a host with a plugin's files, a Teleport and a chat service.
type site struct {
	*testing.T
	dir      string
	service  service.Service
	teleport *teleporttest.Server
	chat     messengertest.Simulator
	// channels are ids by names, and said is how files write recipients.
	channels, said map[string]string
}

func newSite(t *testing.T, messenger service.Service) *site {
	t.Helper()
	s := &site{T: t, dir: t.TempDir(), service: messenger, channels: map[string]string{}, said: map[string]string{}}
	var err error
	now := time.Now
	if messenger.RemindersOnly() {
		// Requests are so old that the first reminder of the example is due.
		now = func() time.Time { return time.Now().Add(-20 * time.Minute) }
	}
	s.teleport, err = teleporttest.Start(teleporttest.Options{Now: now, Permissions: map[string]teleporttest.Permissions{
		roles[0]: teleporttest.PluginPermissions(), roles[1]: teleporttest.PluginPermissions(),
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.teleport.Close)
	s.chat = messenger.Simulate(messengertest.Options{Team: "team"})
	if err := s.chat.Listen(""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.chat.Close)
	for _, name := range []string{"access-requests", "oncall"} {
		s.channels[name] = s.chat.AddChannel(name)
	}
	s.chat.AddUser("alice@example.com")
	for name, secret := range messenger.Secrets(messengerToken) {
		s.write(name, secret+"\n")
	}
	s.rotate(roles[0])
	return s
}

func (s *site) path(name string) string { return filepath.Join(s.dir, name) }

func (s *site) write(name, content string) {
	s.Helper()
	if err := os.WriteFile(s.path(name), []byte(content), 0o600); err != nil {
		s.Fatal(err)
	}
}

// rotate writes the identity of a role into the files that there are, as tbot does: a
// reader can see half of each.
func (s *site) rotate(role string) {
	s.Helper()
	id, err := s.teleport.Identity(teleporttest.IdentityOptions{User: role})
	if err != nil {
		s.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"identity": id.File, "auth_id": id.File, "auth.key": id.Key, "auth.crt": id.Cert, "auth.cas": id.CAs,
	} {
		s.write(name, string(content[:len(content)/2]))
		s.write(name, string(content))
	}
}

// example writes a file of the guides for this site, and returns its path.
func (s *site) example(name string) string {
	s.Helper()
	content, err := os.ReadFile(filepath.Join("..", "config", "testdata", name))
	if err != nil {
		s.Fatal(err)
	}
	return s.adapt(name, string(content))
}

// adapt writes a configuration with the addresses of this site.
func (s *site) adapt(name, content string) string {
	s.Helper()
	if s.service.SMTP {
		// The simulated server has a certificate of its own authority, and wants a login.
		s.write("ca.pem", messengertest.EmailCA())
		for _, key := range []string{"username = ", "password = "} {
			content = strings.Replace(content, "# "+key, key, 1)
		}
		content = strings.Replace(content, `# root_cas = "/var/lib/teleport/plugins/email/ca.pem"`, `root_cas = "/var/lib/teleport/plugins/email/ca.pem"`, 1)
	}
	s.write(name, strings.NewReplacer(
		"smtp://smtp.example.com:587", s.chat.URL(),
		"teleport.example.com:443", s.teleport.Addr(),
		"teleport.example.com:3025", s.teleport.Addr(),
		"https://"+s.service.Name()+".example.com", s.chat.URL(),
		"/var/lib/teleport/plugins/"+s.service.Name(), s.dir,
		"/opt/machine-id", s.dir,
		"xoxb-example-token", messengerToken,
		s.service.Name()+"-example-token", messengerToken,
		"1100000000000000001", s.channels["access-requests"],
		"1100000000000000002", s.channels["oncall"],
		"1100000000000000003", s.channels["oncall"],
		"AAAAMpdlehY", s.channels["access-requests"],
		"19:0123456789abcdef0123456789abcdef@thread.tacv2", s.channels["access-requests"],
		"on-call", s.channels["access-requests"],
		"security", s.channels["oncall"],
		"audit-log", s.channels["access-requests"],
		"service-desk", s.channels["oncall"],
	).Replace(content))
	return s.path(name)
}

// command returns the program, called by a name.
func (s *site) command(name string, args ...string) *exec.Cmd {
	command := exec.CommandContext(s.Context(), os.Args[0])
	command.Args = append([]string{name}, args...)
	command.Env = append(os.Environ(), childVariable+"=1")
	command.Dir = s.dir
	return command
}

// start starts the program with a configuration, and ends it with the test.
func (s *site) start(config string, args ...string) *launch.Process {
	s.Helper()
	args = append(append([]string{"start", "-c", config}, args...), s.service.Flags(s.chat.URL())...)
	process, err := launch.Program(s.command("access-notifier", args...))
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() {
		if err := process.Stop(); err != nil {
			s.Error(err)
		}
	})
	return process
}

// refused runs the program, which must end with a status, and returns what it prints on
// the standard error.
func (s *site) refused(status int, name string, args ...string) string {
	s.Helper()
	command := s.command(name, args...)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	err := command.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != status {
		s.Errorf("%v ends with %v, want status %d; it prints\n%s", args, err, status, stderr.String())
	}
	return stderr.String()
}

// ask makes an access request.
func (s *site) ask() string {
	s.Helper()
	id, err := s.teleport.CreateRequest(teleporttest.RequestSpec{})
	if err != nil {
		s.Fatal(err)
	}
	return id
}

// posts returns how many messages name a request, by channel.
func (s *site) posts(request string) map[string]int {
	found := map[string]int{}
	for _, post := range s.chat.Posts() {
		if strings.Contains(post.Text, request) && post.ThreadOf == "" {
			found[post.Channel]++
		}
	}
	return found
}

// awaitPost waits until a request is announced, once, in the channel of all requests.
func (s *site) awaitPost(p *launch.Process, request string) {
	s.Helper()
	s.awaitPostIn(p, "access-requests", request)
}

func (s *site) awaitPostIn(p *launch.Process, channel, request string) {
	s.Helper()
	wait.Test(s, within, "the request is announced", func() error {
		if err := p.Alive(); err != nil {
			return err
		}
		if found := s.posts(request); found[s.channels[channel]] != 1 {
			return fmt.Errorf("messages by channel: %v%s", found, p.LogTail())
		}
		return nil
	})
}

// awaitLog waits until the program has printed a text.
func (s *site) awaitLog(p *launch.Process, text string) {
	s.Helper()
	wait.Test(s, within, "the log says "+text, func() error {
		if !strings.Contains(p.Printed(), text) {
			return errors.New(p.LogTail())
		}
		return nil
	})
}

// announcedOnce checks that no channel has two messages of one request.
func (s *site) announcedOnce(requests ...string) {
	s.Helper()
	for _, request := range requests {
		for _, n := range slices.Collect(maps.Values(s.posts(request))) {
			if n != 1 {
				s.Errorf("%s has %d messages in one channel", request, n)
			}
		}
	}
}
