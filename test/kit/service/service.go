// Package service is the table of chat services, as tests and demonstrations need
// them: how each is simulated, and how the operator is led to it.
package service

import (
	"strings"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// Service is a chat service.
type Service struct {
	Type v1alpha1.MessengerType
	// Simulate makes the service.
	Simulate func(messengertest.Options) messengertest.Simulator
	// urlFlag is the operator's flag for the address of the service's API; empty
	// where the AccessNotifier names it.
	urlFlag string
	// Path is the path of the API in that address.
	Path string
	// Channel and Person return how an AccessNotifier writes a recipient.
	Channel func(name, id string) string
	Person  func(email, id string) string
	// ByEmail is true where bots find people by their e-mail address.
	ByEmail bool
	// Spec is the messenger of an AccessNotifier, with its type.
	Spec func(url string, token v1alpha1.SecretKeyReference) v1alpha1.MessengerSpec
}

// Name is the type in lower case, as files and objects are called.
func (s Service) Name() string { return strings.ToLower(string(s.Type)) }

// Flags lead the operator to the service at this address.
func (s Service) Flags(url string) []string {
	if s.urlFlag == "" {
		return nil
	}
	return []string{s.urlFlag + "=" + url}
}

// All are the services, in the order in which they are shown.
var All = []Service{Slack, Discord, Mattermost}

// Slack is simulated for one workspace.
var Slack = Service{
	Type:     v1alpha1.MessengerSlack,
	Simulate: func(o messengertest.Options) messengertest.Simulator { return messengertest.NewSlack(o) },
	urlFlag:  "--slack-api-url",
	Path:     "/api/",
	Channel:  func(name, _ string) string { return name },
	Person:   func(email, _ string) string { return email },
	ByEmail:  true,
	Spec: func(_ string, token v1alpha1.SecretKeyReference) v1alpha1.MessengerSpec {
		return v1alpha1.MessengerSpec{Type: v1alpha1.MessengerSlack, Slack: &v1alpha1.SlackSpec{TokenSecretRef: token}}
	},
}

// Discord is simulated for one server, and names everything by its id.
var Discord = Service{
	Type:     v1alpha1.MessengerDiscord,
	Simulate: func(o messengertest.Options) messengertest.Simulator { return messengertest.NewDiscord(o) },
	urlFlag:  "--discord-api-url",
	Path:     "/api/v10",
	Channel:  func(_, id string) string { return id },
	Person:   func(_, id string) string { return "user:" + id },
	Spec: func(_ string, token v1alpha1.SecretKeyReference) v1alpha1.MessengerSpec {
		return v1alpha1.MessengerSpec{Type: v1alpha1.MessengerDiscord, Discord: &v1alpha1.DiscordSpec{TokenSecretRef: token}}
	},
}

// Mattermost is simulated for one team, whose default name is main.
var Mattermost = Service{
	Type:     v1alpha1.MessengerMattermost,
	Simulate: func(o messengertest.Options) messengertest.Simulator { return messengertest.NewMattermost(o) },
	Channel:  func(name, _ string) string { return "main/" + name },
	Person:   func(email, _ string) string { return email },
	ByEmail:  true,
	Spec: func(url string, token v1alpha1.SecretKeyReference) v1alpha1.MessengerSpec {
		return v1alpha1.MessengerSpec{
			Type:       v1alpha1.MessengerMattermost,
			Mattermost: &v1alpha1.MattermostSpec{URL: url, TokenSecretRef: token},
		}
	},
}
