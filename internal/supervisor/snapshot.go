package supervisor

import (
	"errors"
	"fmt"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier"
	"github.com/accessnotifier/accessnotifier/internal/teleport"
)

// Notice is something that the owner of a notifier should hear of once.
type Notice = notifier.Notice

// ReasonNotAnnounced is the reason of notices about requests without recipients,
// which Snapshot counts as well.
const ReasonNotAnnounced = notifier.ReasonNotAnnounced

// Snapshot is how a notifier is doing. Its texts hold no secrets.
type Snapshot struct {
	// Failure is why nothing runs, nil if something does.
	Failure *Problem
	// Identity is why the newest identity cannot be used, nil if it can.
	Identity *Problem
	// Teleport is the state of the session.
	Teleport TeleportStatus
	// Messenger is the state of the bot.
	Messenger MessengerStatus
	// Records is why records cannot be kept in Teleport, nil if they can.
	Records *Problem
	// RecipientsKnown is true once it is known of each configured recipient
	// whether it works.
	RecipientsKnown bool
	// Counted is true once Open and Undelivered are known.
	Counted bool
	// Open is how many pending requests the notifier tells of.
	Open int
	// Undelivered is how many messages are missing or out of date.
	Undelivered int
	// Unannounced is how many pending requests concern no recipient. They count as
	// open.
	Unannounced int
	// Clash is why records of others are in the way, nil if there are none.
	Clash *Problem
	// UndeliveredSince is when the oldest change happened that some recipient was
	// not shown yet; zero if there is none.
	UndeliveredSince time.Time
	// QueuedRequests is how many requests wait to be looked at, QueuedDeliveries
	// how many deliveries wait for their turn at a recipient.
	QueuedRequests, QueuedDeliveries int
	// Unresolved are the configured recipients that cannot work.
	Unresolved []Recipient
	// Crashes is how often an engine has panicked.
	Crashes int
}

// Problem says what is wrong.
type Problem struct {
	// Reason is a CamelCase word.
	Reason string
	// Message is a sentence that says what to do.
	Message string
	// Permanent is true if nothing gets better until an operator changes something.
	Permanent bool
}

// TeleportStatus is the state of a session.
type TeleportStatus struct {
	// Connected is true while events flow.
	Connected bool
	// Problem is what is wrong with the connection, or while Connected is true,
	// with a newer identity.
	Problem *Problem
	// ClusterName and ServerVersion describe the cluster last connected to.
	ClusterName, ServerVersion string
	// User is the Teleport user of the identity in use.
	User string
	// Reconnects counts how often a lost connection was made anew.
	Reconnects int
	// Events counts the events about access requests.
	Events int
	// IdentityNotBefore and IdentityNotAfter are when the identity in use begins
	// and ceases to be valid.
	IdentityNotBefore, IdentityNotAfter time.Time
}

// MessengerStatus is the state of a bot.
type MessengerStatus struct {
	// Known is false until the first check has an answer.
	Known bool
	// Problem is why the messenger does not work, nil if it does.
	Problem *Problem
}

// Recipient is a configured recipient that cannot work.
type Recipient struct {
	// Name is the recipient as configured.
	Name string
	// Message says why, and what to do.
	Message string
}

// ConfigError means that no messenger can be made of the spec as it is.
type ConfigError struct {
	err error
}

// Error implements error.
func (e *ConfigError) Error() string { return e.err.Error() }

// Unwrap returns the cause.
func (e *ConfigError) Unwrap() error { return e.err }

// Reasons of problems that no session reports.
const (
	ReasonConfig       = "Config"
	ReasonNotAvailable = "NotAvailable"
	ReasonCrashed      = "Crashed"
	ReasonRecords      = "Records"
	ReasonClash        = "Clash"
	ReasonTokenRefused = "TokenRefused"
	ReasonMissingScope = "MissingScope"
	ReasonThrottled    = "Throttled"
	ReasonUnavailable  = "Unavailable"
)

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

func (w *worker) snapshot() (Snapshot, bool) {
	w.mu.Lock()
	if w.spec == nil {
		w.mu.Unlock()
		return Snapshot{}, false
	}
	engine, lease := w.engine, w.lease
	if w.session != w.spec.session(w.key.Namespace) {
		// It belongs to the engine that is being replaced.
		lease = nil
	}
	snapshot := Snapshot{
		Failure:  failure(w.failure),
		Identity: teleportProblem(w.unusable(time.Now())),
		Crashes:  w.crashes,
	}
	w.mu.Unlock()

	if lease != nil {
		snapshot.Teleport = teleportStatus(lease.Status())
	}
	if snapshot.Identity == nil && snapshot.Teleport.Connected {
		// The session lives on with an older identity.
		snapshot.Identity = snapshot.Teleport.Problem
	}
	if engine != nil {
		snapshot.fill(engine.Snapshot())
	}
	return snapshot, true
}

func (s *Snapshot) fill(n notifier.Snapshot) {
	s.Messenger = MessengerStatus{Known: n.Checked, Problem: messengerProblem(n.Messenger)}
	s.Records, s.Clash = teleportProblem(n.Records), clash(n.Clash)
	s.Counted, s.Open, s.Undelivered, s.UndeliveredSince = n.Ready, n.Open, n.Undelivered, n.UndeliveredSince
	s.Unannounced = n.Unannounced
	s.RecipientsKnown = n.Decided
	s.QueuedRequests, s.QueuedDeliveries = n.QueuedRequests, n.QueuedDeliveries
	for _, r := range n.Unresolved {
		s.Unresolved = append(s.Unresolved, Recipient{Name: r.Recipient, Message: r.Failure.Error()})
	}
}

func failure(err error) *Problem {
	config, ok := errors.AsType[*ConfigError](err)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, messenger.ErrUnknownType):
		return &Problem{Reason: ReasonNotAvailable, Message: "The operator must be upgraded: " + config.Error(), Permanent: true}
	case ok:
		return &Problem{Reason: ReasonConfig, Message: "Fix the spec or the token: " + config.Error(), Permanent: true}
	default:
		return &Problem{Reason: ReasonCrashed, Message: "The notifier crashed and is being restarted with back-off; please report this bug with the operator's log"}
	}
}

// clash describes records that belong to others. They are left alone, so that the
// requests that they are about are announced once and by one bot.
func clash(records int) *Problem {
	if records == 0 {
		return nil
	}
	return &Problem{
		Reason: ReasonClash,
		Message: fmt.Sprintf("%d access requests have records of an AccessNotifier with the same namespace and name "+
			"in another Kubernetes cluster, and are left to it; rename one of the two", records),
		Permanent: true,
	}
}

func messengerProblem(e *messenger.Error) *Problem {
	if e == nil {
		return nil
	}
	p := &Problem{Reason: ReasonUnavailable, Message: e.Error()}
	switch e.Class {
	case messenger.PermissionMissing:
		p.Reason, p.Permanent = ReasonMissingScope, true
	case messenger.MessengerPermanent:
		p.Reason, p.Permanent = ReasonTokenRefused, true
	case messenger.Throttled:
		p.Reason = ReasonThrottled
	default:
	}
	return p
}

func teleportStatus(s teleport.Status) TeleportStatus {
	status := TeleportStatus{
		Connected:         s.Connected,
		ClusterName:       s.Cluster.Name,
		ServerVersion:     s.Cluster.ServerVersion,
		User:              s.User,
		Reconnects:        s.Reconnects,
		Events:            s.Events,
		IdentityNotBefore: s.IdentityNotBefore,
		IdentityNotAfter:  s.IdentityNotAfter,
	}
	// A session has that reason until its first attempt to connect has an end.
	connecting := s.Reason == teleport.IdentityMissing && !s.IdentityNotAfter.IsZero()
	if s.Reason != "" && !connecting {
		status.Problem = &Problem{Reason: string(s.Reason), Message: s.Message, Permanent: permanent(s.Reason)}
	}
	return status
}

// teleportProblem describes an error of the Teleport room.
func teleportProblem(err error) *Problem {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*teleport.Error](err); ok {
		return &Problem{Reason: string(e.Reason), Message: e.Message, Permanent: permanent(e.Reason)}
	}
	if errors.Is(err, teleport.ErrPermission) {
		return &Problem{
			Reason:    string(teleport.PermissionDenied),
			Message:   "The identity's roles do not allow to read and update access_plugin_data; add both verbs to its role",
			Permanent: true,
		}
	}
	return &Problem{Reason: ReasonRecords, Message: "Teleport cannot store records of deliveries now"}
}

// permanent reports whether a reason stays until an operator changes something.
func permanent(r teleport.Reason) bool {
	switch r {
	case teleport.ConnectionRefused, teleport.HTTPProxyFailed, teleport.HostNotFound, teleport.Timeout,
		teleport.Unavailable, teleport.Internal, teleport.IdentityMissing, teleport.IdentityNotYetValid:
		return false
	default:
		return true
	}
}
