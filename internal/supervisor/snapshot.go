package supervisor

import (
	"errors"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

// Snapshot is how a notifier is doing. Its texts hold no secrets.
type Snapshot struct {
	// Failure is why nothing runs, nil if something does.
	Failure *status.Problem
	// Identity is why the newest identity cannot be used, nil if it can.
	Identity *status.Problem
	// Teleport is the state of the session.
	Teleport status.Teleport
	// Notifier is what the engine says, zero if there is none.
	status.Notifier
	// MonitoringRules are the Access Monitoring Rules that name the notifier.
	MonitoringRules status.MonitoringRules
	// Routes are the notifier's own.
	Routes []status.Rule
	// Wording is that of its messages.
	Wording status.Wording
	// Requesters is why requesters are not found by their trait, "" if they are.
	Requesters string
	// AccessLists is why owners of access lists are not reminded to review them, or not all;
	// "" if they are.
	AccessLists string
	// Review is whether reviewers can decide in chat.
	Review status.Review
	// Crashes is how often an engine has panicked.
	Crashes int
}

// ConfigError means that no messenger can be made of the spec as it is.
type ConfigError struct {
	err error
}

// Error implements error.
func (e *ConfigError) Error() string { return e.err.Error() }

// Unwrap returns the cause.
func (e *ConfigError) Unwrap() error { return e.err }

// Snapshot returns how the notifier is doing, false if there is none.
func (s *Supervisor) Snapshot(key Key) (Snapshot, bool) {
	s.mu.Lock()
	w, ok := s.workers[key]
	s.mu.Unlock()
	if !ok {
		return Snapshot{}, false
	}
	return w.snapshot()
}

// add adds what a run says.
func (s *Snapshot) add(r *run) {
	s.Teleport = r.session.Status()
	if s.Identity == nil && s.Teleport.Connected {
		// The session lives on with an older identity.
		s.Identity = s.Teleport.Problem
	}
	state := r.state()
	s.Failure = failure(state.failure)
	if state.engine != nil {
		s.Notifier = state.engine.Snapshot()
	}
	if state.reminder != nil {
		s.AccessLists = state.reminder.Problem()
	}
	s.Review = state.clicks.status()
	s.Wording = r.wording.Status()
	s.MonitoringRules, s.Routes = r.router.MonitoringRules(s.Unresolved), r.router.Routes()
	s.Requesters = r.router.RequesterProblem()
}

// identityProblem describes why an identity cannot be used, nil for no error.
func identityProblem(err error) *status.Problem {
	return status.Of(err, status.Problem{Reason: status.ReasonIdentityMalformed, Permanent: true})
}

// failure describes why nothing runs, nil for no error.
func failure(err error) *status.Problem {
	config, ok := errors.AsType[*ConfigError](err)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, messenger.ErrUnknownType):
		return &status.Problem{Reason: status.ReasonNotYetAvailable, Message: "The operator must be upgraded: " + config.Error(), Permanent: true}
	case ok:
		return &status.Problem{Reason: status.ReasonInvalidSpec, Message: "Fix the spec or the token: " + config.Error(), Permanent: true}
	default:
		return &status.Problem{Reason: status.ReasonInternalError, Message: "The notifier crashed and is being restarted with back-off; please report this bug with the operator's log"}
	}
}
