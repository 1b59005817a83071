package supervisor

import (
	"maps"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/routing"
	"github.com/accessnotifier/accessnotifier/internal/status"
	"github.com/accessnotifier/accessnotifier/internal/teleport"
	"github.com/accessnotifier/accessnotifier/internal/wording"
)

// Preview returns what is wrong with a spec that does not run, because something is missing:
// its owner hears of all mistakes at once. It makes no call, and says nothing of what is
// missing.
func (s *Supervisor) Preview(spec Spec) Snapshot {
	preview := Snapshot{
		Routes:  routing.NewRuleRouter(spec.Rules).Routes(),
		Wording: wording.New(spec.Wording).Status(),
	}
	if problem := spec.Review.Problem(); problem != nil {
		preview.Review = status.Review{Wanted: true, Known: true, Problem: problem}
	}
	if c := spec.Teleport.Identity; len(c.File) > 0 || len(c.Cert) > 0 && len(c.Key) > 0 && len(c.CAs) > 0 {
		_, err := teleport.ParseIdentity(c, time.Now())
		preview.Identity = identityProblem(err)
	}
	preview.Failure = failure(s.checkMessenger(spec.Messenger))
	return preview
}

// checkMessenger returns why no bot can be made of the settings, whatever is missing.
func (s *Supervisor) checkMessenger(m Messenger) error {
	descriptor, err := s.messengers.Find(m.Type)
	if err != nil {
		return &ConfigError{err: err}
	}
	secrets := descriptor.StandInSecrets()
	maps.Copy(secrets, m.Secrets)
	m.Secrets = secrets
	_, err = s.NewMessenger(m)
	return err
}
