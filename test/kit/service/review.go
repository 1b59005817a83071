package service

import (
	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// Buttons is true where reviewers can decide below messages. The simulator is then a
// messengertest.Clicker.
func (s Service) Buttons() bool { return s.Capabilities().Buttons }

// Trait is the trait of Teleport users that has the ids of their accounts in the service, as the
// documentation calls it.
func (s Service) Trait() string { return s.Name() + "_uid" }

// Review has a spec let reviewers approve and deny in chat, where Trait says who they are. It
// returns the secrets that the simulated bot needs for that besides those of Secrets, which are in
// the same Secret.
func (s Service) Review(spec *v1alpha1.AccessNotifierSpec) messenger.Secrets {
	spec.Review = &v1alpha1.ReviewSpec{
		Mode: v1alpha1.ReviewFull, Identity: &v1alpha1.ReviewIdentity{Trait: s.Trait()},
	}
	slack := spec.Messenger.Slack
	if slack == nil {
		return nil
	}
	slack.AppTokenSecretRef = &v1alpha1.SecretKeyReference{Name: slack.TokenSecretRef.Name}
	return messenger.Secrets{messenger.SecretAppToken: messengertest.DefaultAppToken}
}
