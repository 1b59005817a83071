package cli

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
	"github.com/accessnotifier/accessnotifier/test/kit/launch"
	"github.com/accessnotifier/accessnotifier/test/kit/service"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

// TestEveryExampleOfTheGuides starts, announces, and survives the rotation of its identity
// and of its token.
func TestEveryExampleOfTheGuides(t *testing.T) {
	for _, messenger := range service.Plugins {
		files, err := filepath.Glob("../config/testdata/" + messenger.Name() + "-*.toml")
		if err != nil || len(files) < 4 {
			t.Fatalf("there are %d files, %v", len(files), err)
		}
		for _, file := range files {
			t.Run(filepath.Base(file), func(t *testing.T) {
				t.Parallel()
				s := newSite(t, messenger)
				config := s.example(filepath.Base(file))
				p := s.start(config, "--debug")
				first := s.ask()
				s.awaitPost(p, first)

				s.rotate(roles[1])
				s.awaitLog(p, "Took over what has changed")
				s.teleport.SetPermissions(roles[0], teleporttest.Permissions{})
				s.teleport.DropStreams()
				second := s.ask()
				s.awaitPost(p, second)

				s.rotateToken(p, config)
				third := s.ask()
				s.awaitPost(p, third)
				s.announcedOnce(first, second, third)
			})
		}
	}
}

// rotateToken gives the bot another token, in the file of the token or else in the
// configuration, and ends the one before.
func (s *site) rotateToken(p *launch.Process, config string) {
	s.Helper()
	const fresh = "xoxb-fresh-token"
	content, err := os.ReadFile(config)
	if err != nil {
		s.Fatal(err)
	}
	s.chat.SetToken("", fresh)
	before := strings.Count(p.Printed(), "Took over what has changed")
	s.write("token", fresh)
	s.write(filepath.Base(config), strings.ReplaceAll(string(content), messengerToken, fresh))
	if strings.Contains(string(content), messengerToken) {
		if err := p.Reload(); err != nil {
			s.Fatal(err)
		}
		s.awaitLog(p, "Reloaded the configuration")
	} else {
		wait.Test(s, within, "the token is taken over", wait.True(func() bool {
			return strings.Count(p.Printed(), "Took over what has changed") > before
		}))
	}
	s.chat.RevokeToken(messengerToken)
}

// TestFilesThatAreReplaced are read again, also where another link is all that changes, or
// where nothing tells that they have changed.
func TestFilesThatAreReplaced(t *testing.T) {
	t.Parallel()
	const behindLink = "a link to where none watches"
	for name, write := range map[string]func(s *site, version, identity string){
		"a rename": func(s *site, version, identity string) {
			s.write(version, identity)
			if err := os.Rename(s.path(version), s.path("identity")); err != nil {
				s.Fatal(err)
			}
		},
		"a volume of Kubernetes": (*site).volume,
		behindLink:               (*site).behindLink,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, service.Slack)
			write(s, "first", string(s.identity(roles[0])))
			content := s.minimal()
			if name == behindLink { // nothing but the interval helps
				content = strings.Replace(content, "[slack]", "refresh_identity_interval = \"1s\"\n[slack]", 1)
			}
			p := s.start(s.adapt("config.toml", content))
			s.awaitPost(p, s.ask())
			write(s, "second", string(s.identity(roles[1])))
			s.awaitLog(p, "Took over what has changed")
			s.teleport.SetPermissions(roles[0], teleporttest.Permissions{})
			s.teleport.DropStreams()
			s.awaitPost(p, s.ask())
		})
	}
}

func (s *site) identity(role string) []byte {
	s.Helper()
	id, err := s.teleport.Identity(teleporttest.IdentityOptions{User: role})
	if err != nil {
		s.Fatal(err)
	}
	return id.File
}

// volume writes the identity as Kubernetes writes files of a Secret: behind a link to a
// directory, which is replaced.
func (s *site) volume(version, identity string) {
	s.Helper()
	if err := os.Mkdir(s.path(version), 0o700); err != nil {
		s.Fatal(err)
	}
	s.write(version+"/identity", identity)
	_ = os.Remove(s.path("identity"))
	for _, err := range []error{
		os.Symlink(version, s.path("..next")),
		os.Rename(s.path("..next"), s.path("..data")),
		os.Symlink("..data/identity", s.path("identity")),
	} {
		if err != nil {
			s.Fatal(err)
		}
	}
}

// behindLink writes the identity into a file in another directory, which a link leads to.
func (s *site) behindLink(version, identity string) {
	s.Helper()
	if version == "first" {
		_ = os.Remove(s.path("identity"))
		if err := errors.Join(os.Mkdir(s.path("elsewhere"), 0o700), os.Symlink("elsewhere/identity", s.path("identity"))); err != nil {
			s.Fatal(err)
		}
	}
	s.write("elsewhere/identity", identity)
}

// TestTwoHostsWithOneFile announce each request once, and either goes on alone.
func TestTwoHostsWithOneFile(t *testing.T) {
	t.Parallel()
	s := newSite(t, service.Slack)
	config := s.example("slack-v16.toml")
	one, other := s.start(config), s.start(config)
	var requests []string
	for range 20 {
		requests = append(requests, s.ask())
	}
	for _, request := range requests {
		s.awaitPost(one, request)
		if err := s.teleport.Resolve(request, accessrequest.Approved, ""); err != nil {
			t.Fatal(err)
		}
	}
	wait.Test(s, within, "all messages show the end", func() error {
		for _, post := range s.chat.Posts() {
			if !strings.Contains(post.Text, "Approved") {
				return fmt.Errorf("%s", post.Text)
			}
		}
		return nil
	})
	one.Kill()
	last := s.ask()
	s.awaitPost(other, last)
	s.announcedOnce(append(requests, last)...)
	if data := s.teleport.PluginData(last, "accessnotifier/slack"); data == nil {
		t.Error("the record is not named for the messenger")
	}
}

// TestReload: a wrong configuration leaves all as it is, and a right one takes effect.
func TestReload(t *testing.T) {
	t.Parallel()
	s := newSite(t, service.Slack)
	config := s.example("slack-v12.toml")
	good, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	p := s.start(config)
	s.awaitPost(p, s.ask())

	for content, want := range map[string]string{
		"[slack":                       "The line is not TOML",
		"[slack]\ntoken = 1\n":         "is no text",
		string(good) + "\n[telport]\n": "There is no section [telport]",
		strings.Replace(string(good), `"stderr"`, `"/nonexistent/log"`, 1): "cannot be written: no such file or directory",
		strings.Replace(string(good), s.dir, "/nonexistent", 1):            "does not exist",
	} {
		s.write("slack-v12.toml", content)
		if err := p.Reload(); err != nil {
			t.Fatal(err)
		}
		s.awaitLog(p, want)
		s.awaitLog(p, "Kept the last good configuration")
		s.awaitPost(p, s.ask())
	}

	s.write("slack-v12.toml", strings.ReplaceAll(string(good), "access-requests", "oncall"))
	if err := p.Reload(); err != nil {
		t.Fatal(err)
	}
	s.awaitLog(p, "Reloaded the configuration")
	s.awaitPostIn(p, "oncall", s.ask())
}

// TestFilesThatBreakWhileItRuns are named, and change nothing.
func TestFilesThatBreakWhileItRuns(t *testing.T) {
	t.Parallel()
	s := newSite(t, service.Slack)
	p := s.start(s.example("slack-newest.toml"))
	s.awaitPost(p, s.ask())
	s.write("identity", "half")
	if err := os.Remove(s.path("token")); err != nil {
		t.Fatal(err)
	}
	s.awaitLog(p, "cannot be read, or is cut short")
	s.awaitLog(p, "does not exist")
	s.awaitLog(p, "Kept what these files held before")
	s.awaitPost(p, s.ask())
	s.rotate(roles[1])
	s.awaitLog(p, "Took over what has changed")
	s.awaitPost(p, s.ask())
}

// TestTroubleIsInTheLog: a host has no status.
func TestTroubleIsInTheLog(t *testing.T) {
	t.Parallel()
	s := newSite(t, service.Slack)
	p := s.start(s.example("slack-v12.toml"))
	s.awaitLog(p, "Announcing access requests")
	s.chat.Archive(s.channels["access-requests"])
	s.ask()
	s.awaitLog(p, `"about": "recipient access-requests"`)
	if err := s.teleport.RefuseConnections(true); err != nil {
		t.Fatal(err)
	}
	s.awaitLog(p, `"about": "Teleport"`)
	if err := s.teleport.RefuseConnections(false); err != nil {
		t.Fatal(err)
	}
	s.awaitLog(p, "Something works again")
}

// TestTheLogGoesWhereTheFileSays, and is opened anew on reload.
func TestTheLogGoesWhereTheFileSays(t *testing.T) {
	t.Parallel()
	s := newSite(t, service.Slack)
	config := s.adapt("config.toml", s.minimal("[log]", `output = "`+s.path("log")+`"`))
	p := s.start(config)
	s.awaitPost(p, s.ask())
	if err := os.Rename(s.path("log"), s.path("log.1")); err != nil {
		t.Fatal(err)
	}
	if err := p.Reload(); err != nil {
		t.Fatal(err)
	}
	wait.Test(s, within, "the log is there again", func() error {
		_, err := os.Stat(s.path("log"))
		return err
	})
	before, err := os.ReadFile(s.path("log.1"))
	if err != nil || !strings.Contains(string(before), "Starting") || p.Printed() != "" {
		t.Errorf("the log was %q, %v; printed is %q", before, err, p.Printed())
	}
}

// minimal is a configuration without [log], and more lines.
func (s *site) minimal(more ...string) string {
	return strings.Join(append([]string{
		"[teleport]", `addr = "` + s.teleport.Addr() + `"`, `identity = "` + s.path("identity") + `"`,
		"[slack]", `token = "` + messengerToken + `"`, "[role_to_recipients]", `"*" = "access-requests"`,
	}, more...), "\n")
}

func TestHealthAndMetrics(t *testing.T) {
	t.Parallel()
	s := newSite(t, service.Slack)
	health, metrics := freeAddress(t), freeAddress(t)
	p := s.start(s.example("slack-v12.toml"), "--health-probe-bind-address="+health, "--metrics-bind-address="+metrics)
	s.awaitPost(p, s.ask())
	for _, path := range []string{"/healthz", "/readyz"} {
		if status, body := get(t, "http://"+health+path); status != http.StatusOK || body != "ok" {
			t.Errorf("%s answers %d %s", path, status, body)
		}
	}
	wait.Test(s, within, "it is ready", func() error {
		if status, body := get(t, "http://"+metrics+"/metrics"); status != http.StatusOK ||
			!strings.Contains(body, `access_notifier_ready{name="slack",namespace=""} 1`) || !strings.Contains(body, "process_resident_memory_bytes") {
			return fmt.Errorf("metrics answer %d\n%s", status, body)
		}
		return nil
	})
}
