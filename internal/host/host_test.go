package host

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/accessnotifier/accessnotifier/internal/config"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/messenger/registry"
	"github.com/accessnotifier/accessnotifier/internal/supervisor"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
	"github.com/accessnotifier/accessnotifier/test/kit/launch"
	"github.com/accessnotifier/accessnotifier/test/kit/service"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

// TestAReloadMayChangeTheMessenger: the one before ends, and nothing is left at the end.
func TestAReloadMayChangeTheMessenger(t *testing.T) {
	defer goleak.VerifyNone(t)
	teleport, err := teleporttest.Start(teleporttest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer teleport.Close()
	identity, err := teleport.Identity(teleporttest.IdentityOptions{})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, content string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	identityFile := write("identity", string(identity.File))
	chats, urls, configs := map[string]messengertest.Simulator{}, map[string]string{}, map[string]string{}
	for _, s := range []service.Service{service.Slack, service.Discord} {
		chat := s.Simulate(messengertest.Options{})
		if err := chat.Listen(""); err != nil {
			t.Fatal(err)
		}
		defer chat.Close()
		recipient := s.Channel("ops", chat.AddChannel("ops"))
		chats[s.Name()], urls[string(s.Type)] = chat, chat.URL()
		configs[s.Name()] = fmt.Sprintf("[teleport]\naddr = %q\nidentity = %q\n[%s]\ntoken = %q\n[role_to_recipients]\n\"*\" = %q\n",
			teleport.Addr(), identityFile, s.Name(), messengertest.DefaultToken, recipient)
	}

	var lines []string
	o := Options{
		Path:        write("config.toml", configs["slack"]),
		Messengers:  registry.All(),
		Supervisor:  launch.Supervisor(supervisor.Options{URLs: urls}),
		Log:         logTo(&lines),
		Output:      NewOutput(io.Discard, io.Discard),
		SetSeverity: func(string) {},
	}
	h, problems := Load(o)
	if !config.Usable(problems) {
		t.Fatal(problems)
	}
	ctx, stop := context.WithCancel(t.Context())
	reload, ended := make(chan os.Signal), make(chan error, 1)
	go func() { ended <- h.Run(ctx, reload) }()
	for _, name := range []string{"slack", "discord"} {
		write("config.toml", configs[name])
		reload <- syscall.SIGHUP
		wait.Test(t, 20*time.Second, "the notifier is that of "+name, wait.True(func() bool {
			_, slack := o.Supervisor.Snapshot(supervisor.Key{Name: "slack"})
			_, there := o.Supervisor.Snapshot(supervisor.Key{Name: name})
			return there && slack == (name == "slack")
		}))
		id, err := teleport.CreateRequest(teleporttest.RequestSpec{})
		if err != nil {
			t.Fatal(err)
		}
		wait.Test(t, 20*time.Second, "the request is announced in "+name, wait.True(func() bool {
			// The request of the round before is pending, and announced here as well.
			return slices.ContainsFunc(chats[name].Posts(), func(p messengertest.Post) bool { return strings.Contains(p.Text, id) })
		}))
	}
	if n := len(chats["slack"].Posts()); n != 1 {
		t.Errorf("Slack has %d messages after it was left", n)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("Run() error = %v", err)
	}
}
