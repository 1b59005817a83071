package host

import (
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"

	"github.com/accessnotifier/accessnotifier/internal/status"
	"github.com/accessnotifier/accessnotifier/internal/supervisor"
)

// logTo returns a logger that adds lines.
func logTo(lines *[]string) logr.Logger {
	return funcr.New(func(_, args string) { *lines = append(*lines, args) }, funcr.Options{})
}

// TestWhatChangesIsReportedOnce, as it comes and as it goes.
func TestWhatChangesIsReportedOnce(t *testing.T) {
	var lines []string
	r := report{log: logTo(&lines)}
	well := supervisor.Snapshot{Teleport: status.Teleport{Connected: true}}
	well.Messenger.Known, well.Counted = true, true
	with := func(change func(*supervisor.Snapshot)) supervisor.Snapshot {
		s := well
		change(&s)
		return s
	}
	refused := func(s *supervisor.Snapshot) {
		s.Messenger.Problem = &status.Problem{Reason: status.ReasonTokenRefused, Message: "Put a token there."}
	}
	for _, step := range []struct {
		snapshot supervisor.Snapshot
		want     []string
	}{
		{supervisor.Snapshot{}, nil},
		{well, []string{"Announcing access requests"}},
		{with(refused), []string{`"about"="messenger" "reason"="TokenRefused" "problem"="Put a token there"`}},
		{with(refused), nil},
		{with(func(s *supervisor.Snapshot) {
			refused(s)
			s.Unresolved = []status.UnresolvedRecipient{{Recipient: "ops", Message: "Invite the bot"}}
		}), []string{`"about"="recipient ops"`}},
		{well, []string{`works again" "about"="messenger"`, `works again" "about"="recipient ops"`, "Announcing access requests"}},
		{with(func(s *supervisor.Snapshot) { s.Teleport.Unread = []string{"node", "role"} }), []string{`does not show is missing in messages" "kinds"="node, role"`}},
		{with(func(s *supervisor.Snapshot) { s.Teleport.Unread = []string{"node", "role"} }), nil},
		{well, []string{`"kinds"=""`}},
		{with(func(s *supervisor.Snapshot) {
			s.Teleport = status.Teleport{Problem: &status.Problem{Reason: status.ReasonConnectionFailed}}
		}), []string{`"about"="Teleport"`}},
		{with(func(s *supervisor.Snapshot) {
			s.Teleport.User, s.Teleport.IdentityNotBefore, s.Teleport.IdentityNotAfter = "bot", time.Now().Add(-time.Hour), time.Now().Add(time.Minute)
		}), []string{"should have been renewed by now", `works again" "about"="Teleport"`, "Announcing"}},
	} {
		lines = nil
		r.snapshot(step.snapshot)
		all := strings.Join(lines, "\n")
		for _, want := range step.want {
			if !strings.Contains(all, want) {
				t.Errorf("the log has\n%s\nwant %s", all, want)
			}
		}
		if len(lines) != len(step.want) {
			t.Errorf("the log has %d lines, want %d:\n%s", len(lines), len(step.want), all)
		}
	}
}
