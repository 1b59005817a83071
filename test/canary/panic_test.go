package canary

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/go-logr/logr/funcr"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/routing"
	"github.com/accessnotifier/accessnotifier/internal/status"
	"github.com/accessnotifier/accessnotifier/internal/supervisor"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
	"github.com/accessnotifier/accessnotifier/test/kit/canary"
	"github.com/accessnotifier/accessnotifier/test/kit/launch"
	"github.com/accessnotifier/accessnotifier/test/kit/service"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

// throwing panics with what a call is about, secrets and all.
type throwing struct{}

// RoundTrip implements http.RoundTripper.
func (throwing) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
		_ = r.Body.Close()
	}
	panic(fmt.Sprintf("%v %v %s", r.URL, r.Header, body))
}

// TestAPanicGivesNothingAway, whatever its value holds.
func TestAPanicGivesNothingAway(t *testing.T) {
	server := teleporttest.ForTest(t, teleporttest.Options{})
	for _, s := range service.All {
		if s.SMTP {
			continue // It makes no call by HTTP that could panic.
		}
		t.Run(s.Name(), func(t *testing.T) {
			nest := &canary.Nest{}
			secrets := s.Secrets(messengertest.DefaultToken)
			for name, value := range secrets {
				if err := nest.Add(canary.Secret, name, value); err != nil {
					t.Fatal(err)
				}
			}
			reason := canary.Word("reason")
			if err := nest.Add(canary.Text, "reason", reason); err != nil {
				t.Fatal(err)
			}
			all := &launch.WholeLog{}
			log := funcr.New(func(prefix, line string) { _, _ = fmt.Fprintln(all, prefix, line) }, funcr.Options{Verbosity: 10})
			notifiers := launch.Supervisor(supervisor.Options{Log: log, HTTPClient: &http.Client{Transport: throwing{}}})
			notifiers.OnNotice(func(_ supervisor.Key, n status.Notice) { _, _ = fmt.Fprintf(all, "%+v\n", n) })
			launch.ForTest(t, notifiers)
			if _, err := server.CreateRequest(teleporttest.RequestSpec{Reason: reason}); err != nil {
				t.Fatal(err)
			}
			key := supervisor.Key{Namespace: space, Name: s.Name()}
			notifiers.Ensure(key, supervisor.Spec{
				Teleport:  launch.Teleport(t, server),
				Messenger: supervisor.Messenger{Type: string(s.Type), URL: "http://127.0.0.1:1" + s.Path, Settings: s.Settings(), Secrets: secrets},
				Rules:     routing.Rules{Always: []string{s.Channel("access-requests", "1100000000000000001")}},
			})
			wait.Test(t, within, "something panics", wait.True(func() bool { return strings.Contains(all.String(), "panic") }))
			snapshot, _ := notifiers.Snapshot(key)
			for _, finding := range nest.Found(all.String() + fmt.Sprintf("%+v", snapshot)) {
				t.Errorf("a panic gives away %s", finding)
			}
		})
	}
}
