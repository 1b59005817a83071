package host

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-logr/logr"

	"github.com/accessnotifier/accessnotifier/internal/status"
	"github.com/accessnotifier/accessnotifier/internal/supervisor"
)

// report logs how the notifier is doing, whenever that changes: a host has no conditions.
type report struct {
	log logr.Logger
	// problems are those that are in the log, by what they are about.
	problems map[string]status.Problem
	ready    bool
	// unread is what the identity's role was last said not to show.
	unread string
}

// snapshot logs what has changed since the last one.
func (r *report) snapshot(s supervisor.Snapshot) {
	now := problems(s)
	if expiring := s.Teleport.IdentityExpiring(time.Now()); expiring != nil && s.Identity == nil {
		now["identity"] = *expiring
	}
	for _, about := range slices.Sorted(maps.Keys(now)) {
		if problem := now[about]; r.problems[about] != problem {
			r.log.Error(nil, "Something does not work", "about", about, "reason", problem.Reason,
				"problem", strings.TrimSuffix(problem.Message, "."))
		}
	}
	for _, about := range slices.Sorted(maps.Keys(r.problems)) {
		if _, still := now[about]; !still {
			r.log.Info("Something works again", "about", about)
		}
	}
	r.problems = now
	if unread := strings.Join(s.Teleport.Unread, ", "); unread != r.unread {
		r.unread = unread
		r.log.Info("What the identity's role does not show is missing in messages", "kinds", unread)
	}
	if ready := Ready(s); ready != r.ready {
		r.ready = ready
		if ready {
			r.log.Info("Announcing access requests", "cluster", s.Teleport.Cluster.Name, "version", s.Teleport.Cluster.ServerVersion,
				"user", s.Teleport.User, "open", s.Open)
		}
	}
}

// notice logs what the operator of the host should hear of once.
func (r *report) notice(n status.Notice) {
	values := []any{"reason", n.Reason, "text", n.Text}
	if n.Recipient != "" {
		values = append(values, "recipient", n.Recipient)
	}
	if n.Request != "" {
		values = append(values, "request", n.Request)
	}
	if n.Warning {
		r.log.Error(nil, "Something needs attention", values...)
		return
	}
	r.log.Info("Something is worth knowing", values...)
}

// Ready reports whether a notifier does what its configuration says.
func Ready(s supervisor.Snapshot) bool {
	return len(problems(s)) == 0 && s.Teleport.Connected && s.Messenger.Known && s.Counted
}

// problems returns what is wrong with a notifier, by what it is about.
func problems(s supervisor.Snapshot) map[string]status.Problem {
	found := map[string]status.Problem{}
	add := func(about string, p *status.Problem) {
		if p != nil {
			found[about] = *p
		}
	}
	add("notifier", s.Failure)
	add("identity", s.Identity)
	if !s.Teleport.Connected && s.Identity == nil {
		add("Teleport", s.Teleport.Problem)
	}
	if s.Teleport.Connected {
		add("records", s.Records)
	}
	add("messenger", s.Messenger.Problem)
	add("rules", s.Rules)
	for _, r := range s.MonitoringRules.Rules {
		if r.Problem != "" {
			found["Access Monitoring Rule "+r.Name] = status.Problem{Reason: status.ReasonRulesInvalid, Message: r.Problem}
		}
	}
	for _, r := range s.Unresolved {
		found["recipient "+r.Recipient] = status.Problem{Reason: status.ReasonRecipientsUnresolved, Message: r.Message}
	}
	return found
}
