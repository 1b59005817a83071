package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/accessnotifier/accessnotifier/internal/messenger/registry"
	"github.com/accessnotifier/accessnotifier/test/kit/service"
)

// TestAWrongConfigurationEndsWithTwo, with every problem at once.
func TestAWrongConfigurationEndsWithTwo(t *testing.T) {
	s := newSite(t, service.Slack)
	good := s.minimal()
	config := s.path("config.toml")
	s.write("lines", "xoxb\nSECRET")
	for name, tt := range map[string]struct {
		content string
		want    []string
	}{
		"no TOML":                 {"[slack]\ntoken = SECRET", []string{config + ":2: The line is not TOML"}},
		"many problems":           {"[teleport]\nadr = 1\n[slack]\n[lgo]\n", []string{":2: [teleport] has no key adr", ":3: [slack] has no token", ":4: There is no section [lgo] (did you mean [log]?)", "names no identity"}},
		"a missing identity":      {strings.Replace(good, s.path("identity"), "/nonexistent/identity", 1), []string{config + ":3: The file of the identity /nonexistent/identity does not exist"}},
		"an identity that is not": {strings.Replace(good, s.path("identity"), s.path("token"), 1), []string{config + ":3: " + s.path("token") + ": The identity file cannot be read"}},
		"a directory":             {strings.Replace(good, s.path("identity"), s.dir, 1), []string{config + ":3: The file of the identity " + s.dir + " is a directory"}},
		"both identities":         {strings.Replace(good, "[slack]", "client_key = \"x\"\n[slack]", 1), []string{config + ":4: [teleport] client_key is set beside identity"}},
		"a token of lines":        {strings.Replace(good, messengerToken, "xoxb\\nSECRET", 1), []string{config + ":5: [slack] token holds a line break"}},
		"a token file":            {strings.Replace(good, messengerToken, s.path("lines"), 1), []string{config + ":5: The file of the token " + s.path("lines") + " holds a line break"}},
		"a log in no directory":   {good + "\n[log]\noutput = \"/nonexistent/log\"", []string{config + ":9: The log file /nonexistent/log cannot be written: no such file or directory"}},
		"a log as directory":      {good + "\n[log]\noutput = \"" + s.dir + "\"", []string{config + ":9: The log file " + s.dir + " cannot be written: is a directory"}},
		"a full disk":             {good + "\n[log]\noutput = \"/dev/full\"", []string{config + ":9: The log file /dev/full cannot be written: no space left on device"}},
	} {
		t.Run(name, func(t *testing.T) {
			s.write("config.toml", tt.content)
			printed := s.refused(exitWrong, "access-notifier", "start", "-c", config)
			for _, want := range tt.want {
				if !strings.Contains(printed, want) || strings.Contains(printed, "SECRET") {
					t.Errorf("it prints\n%s\nwant %q", printed, want)
				}
			}
		})
	}
	if printed := s.refused(exitWrong, "access-notifier", "start", "-c", s.dir); !strings.Contains(printed, s.dir+": The configuration is a directory") {
		t.Errorf("of a directory it prints\n%s", printed)
	}
	if printed := s.refused(exitFailed, "access-notifier", "start", "--log-format=xml"); !strings.Contains(printed, "json or console") {
		t.Errorf("of a wrong flag it prints\n%s", printed)
	}
}

// TestTheNamesOfThePlugins have the commands and files that the plugins of those names have.
func TestTheNamesOfThePlugins(t *testing.T) {
	for _, messenger := range service.All {
		t.Run(messenger.Name(), func(t *testing.T) {
			t.Parallel()
			s := newSite(t, messenger)
			name := "teleport-" + messenger.Name()
			if version, err := s.command("/usr/local/bin/"+name, "version").Output(); err != nil || !strings.HasPrefix(string(version), "access-notifier ") {
				t.Errorf("version prints %q, %v", version, err)
			}
			example, err := s.command(name, "configure").Output()
			if err != nil || !strings.Contains(string(example), "\n["+messenger.Name()+"]\n") {
				t.Errorf("configure prints %q, %v", example, err)
			}
			file := "/etc/" + name + ".toml"
			if printed := s.refused(exitWrong, name, "start", "--debug"); !strings.Contains(printed, file+": The configuration does not exist") {
				t.Errorf("start prints %s", printed)
			}
			s.refused(exitFailed, name, "manager")
		})
	}
}

// TestAnExampleCanBeUsed as it is printed, where its files are.
func TestAnExampleCanBeUsed(t *testing.T) {
	for _, messenger := range service.All {
		t.Run(messenger.Name(), func(t *testing.T) {
			t.Parallel()
			s := newSite(t, messenger)
			example, err := s.command("access-notifier", "configure", messenger.Name()).Output()
			if err != nil {
				t.Fatal(err)
			}
			s.awaitPost(s.start(s.adapt("config.toml", string(example))), s.ask())
		})
	}
	var out, errs bytes.Buffer
	if status := Run([]string{"access-notifier", "configure", "jira"}, &out, &errs); status != exitFailed || !strings.Contains(errs.String(), "jira") {
		t.Errorf("exit status %d, %s", status, errs.String())
	}
}

func TestTheConfigurationThatIsLookedFor(t *testing.T) {
	dir, all := t.TempDir(), registry.All()
	if _, err := findPluginFile(dir, all); err == nil || !strings.Contains(err.Error(), filepath.Join(dir, "teleport-discord.toml")) {
		t.Errorf("without any: %v", err)
	}
	for i, name := range []string{"teleport-slack.toml", "teleport-discord.toml"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		found, err := findPluginFile(dir, all)
		if one := i == 0; one != (err == nil) || one && filepath.Base(found) != name {
			t.Errorf("with %d: %q, %v", i+1, found, err)
		}
	}
}

// TestEveryCommandTeaches by an example and a short text.
func TestEveryCommandTeaches(t *testing.T) {
	var check func(c *cobra.Command)
	check = func(c *cobra.Command) {
		if c.Example == "" || c.Short == "" {
			t.Errorf("%s has no example or no short text", c.CommandPath())
		}
		for _, sub := range c.Commands() {
			check(sub)
		}
	}
	for _, name := range []string{"access-notifier", "teleport-slack"} {
		check(Command(name))
	}
}
