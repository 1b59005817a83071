// Package service is the table of chat services, as tests and demonstrations need
// them: how each is simulated, and how the operator is led to it.
package service

import (
	"fmt"
	"maps"
	"strings"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/email"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/messenger/registry"
	"github.com/accessnotifier/accessnotifier/internal/messenger/webhook"
)

// Service is a chat service.
type Service struct {
	Type v1alpha1.MessengerType
	// Simulate makes the service.
	Simulate func(messengertest.Options) messengertest.Simulator
	// Path is the path of the API in that address.
	Path string
	// Channel and Person return how an AccessNotifier writes a recipient.
	Channel func(name, id string) string
	Person  func(email, id string) string
	// Spec is the messenger of an AccessNotifier, with its type.
	Spec func(url string, token v1alpha1.SecretKeyReference) v1alpha1.MessengerSpec
	// Others are the secrets of the simulated bot besides its token, by their names.
	Others messenger.Secrets
	// SecretsOf are all secrets of the simulated bot that has a token, for a service to which
	// the token only stands for them. Default: the token, and Others.
	SecretsOf func(token string) messenger.Secrets
	// Main is the name of the secret that Spec is given a reference to. Default: the first.
	Main string
	// SMTP is true for a service that does not speak HTTP.
	SMTP bool
	// AnyBody is true for a service whose every success is one, whatever its body says.
	AnyBody bool
}

// Name is the type in lower case, as files and objects are called.
func (s Service) Name() string { return strings.ToLower(string(s.Type)) }

// Flags lead the operator to the service at this address, where the AccessNotifier does
// not.
func (s Service) Flags(url string) []string {
	if s.OwnServer() {
		return nil
	}
	return []string{"--messenger-url=" + string(s.Type) + "=" + url}
}

// OwnServer is true where the AccessNotifier names the server, because there is no public
// one.
func (s Service) OwnServer() bool { return s.descriptor().DefaultURL == "" }

// ByEmail is true where bots find people by their e-mail address.
func (s Service) ByEmail() bool { return s.descriptor().Capabilities.EmailLookup }

// Edits is true where messages are edited.
func (s Service) Edits() bool { return s.descriptor().Capabilities.Edit }

// Secrets let the simulated bot in that has the token.
func (s Service) Secrets(token string) messenger.Secrets {
	secrets := messenger.Token(token)
	maps.Copy(secrets, s.Others)
	if s.SecretsOf != nil {
		secrets = s.SecretsOf(token)
	}
	for _, name := range s.descriptor().Secrets {
		if secrets[name] == "" {
			panic(fmt.Sprintf("the simulated %s has no secret %s: add it to its Others in test/kit/service", s.Type, name))
		}
	}
	return secrets
}

// MainSecret is the name of the secret that Spec is given a reference to.
func (s Service) MainSecret() string {
	if s.Main != "" {
		return s.Main
	}
	return s.descriptor().Secrets[0]
}

// Settings are what else the simulated service wants to be told.
func (s Service) Settings() map[string]string { return s.descriptor().ExampleSettings() }

func (s Service) descriptor() messenger.Descriptor {
	d, err := registry.All().Find(string(s.Type))
	if err != nil {
		panic("a service without a messenger: " + err.Error())
	}
	return d
}

// All are the services, in the order in which they are shown.
var All = []Service{Slack, Discord, Mattermost, Webhook, Email}

// Plugins are those for which Teleport has a plugin, whose files are read.
var Plugins = []Service{Slack, Discord, Mattermost}

// Slack is simulated for one workspace.
var Slack = Service{
	Type:     v1alpha1.MessengerSlack,
	Simulate: func(o messengertest.Options) messengertest.Simulator { return messengertest.NewSlack(o) },
	Path:     "/api/",
	Channel:  func(name, _ string) string { return name },
	Person:   func(email, _ string) string { return email },
	Spec: func(_ string, token v1alpha1.SecretKeyReference) v1alpha1.MessengerSpec {
		return v1alpha1.MessengerSpec{Type: v1alpha1.MessengerSlack, Slack: &v1alpha1.SlackSpec{TokenSecretRef: token}}
	},
}

// Discord is simulated for one server, and names everything by its id.
var Discord = Service{
	Type:     v1alpha1.MessengerDiscord,
	Simulate: func(o messengertest.Options) messengertest.Simulator { return messengertest.NewDiscord(o) },
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
	Spec: func(url string, token v1alpha1.SecretKeyReference) v1alpha1.MessengerSpec {
		return v1alpha1.MessengerSpec{
			Type:       v1alpha1.MessengerMattermost,
			Mattermost: &v1alpha1.MattermostSpec{URL: v1alpha1.ServerURL(url), TokenSecretRef: token},
		}
	},
}

// Webhook is simulated as a service desk: a request is one message for each recipient, which
// shows what the latest event says. People are recipients as any other.
var Webhook = Service{
	Type:     v1alpha1.MessengerWebhook,
	Simulate: func(o messengertest.Options) messengertest.Simulator { return messengertest.NewServiceDesk(o) },
	Path:     "/hooks/teleport",
	Channel:  func(_, id string) string { return id },
	Person:   func(_, id string) string { return id },
	Spec: func(url string, signing v1alpha1.SecretKeyReference) v1alpha1.MessengerSpec {
		return v1alpha1.MessengerSpec{
			Type:    v1alpha1.MessengerWebhook,
			Webhook: &v1alpha1.WebhookSpec{URL: v1alpha1.ServerURL(url), SigningSecretRef: signing},
		}
	},
	SecretsOf: func(token string) messenger.Secrets {
		return messenger.Secrets{webhook.SecretSigning: messengertest.SigningSecrets(token)}
	},
	AnyBody: true,
}

// Email is simulated as a mail server with mailboxes of its own.
var Email = Service{
	Type:     v1alpha1.MessengerEmail,
	Simulate: func(o messengertest.Options) messengertest.Simulator { return messengertest.NewConversations(o) },
	Channel:  func(_, id string) string { return id },
	Person:   func(email, _ string) string { return email },
	Spec: func(url string, password v1alpha1.SecretKeyReference) v1alpha1.MessengerSpec {
		address := strings.TrimPrefix(url, "smtp://")
		return v1alpha1.MessengerSpec{
			Type: v1alpha1.MessengerEmail,
			Email: &v1alpha1.EmailSpec{
				Address: v1alpha1.HostPort(address), From: messengertest.EmailFrom,
				PasswordSecretRef: &password,
				UsernameSecretRef: &v1alpha1.SecretKeyReference{Name: password.Name, Key: email.SecretUsername},
				CASecretRef:       &v1alpha1.SecretKeyReference{Name: password.Name, Key: messenger.SecretCA},
			},
		}
	},
	SecretsOf: func(token string) messenger.Secrets {
		return messenger.Secrets{
			email.SecretUsername: messengertest.EmailUser, email.SecretPassword: token, messenger.SecretCA: messengertest.EmailCA(),
		}
	},
	Main: email.SecretPassword,
	SMTP: true,
}
