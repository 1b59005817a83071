// Package service is the table of chat services, as tests and demonstrations need
// them: how each is simulated, and how the operator is led to it.
package service

import (
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/email"
	"github.com/accessnotifier/accessnotifier/internal/messenger/googlechat"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/messenger/pagerduty"
	"github.com/accessnotifier/accessnotifier/internal/messenger/registry"
	"github.com/accessnotifier/accessnotifier/internal/messenger/teams"
	"github.com/accessnotifier/accessnotifier/internal/messenger/teamsworkflow"
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
	// Pace is how long what follows a message waits at most, so that its reader does not hear of
	// one request too often; zero where messages are edited, or nothing waits.
	Pace time.Duration
}

// Name is the type in lower case, as files and objects are called.
func (s Service) Name() string { return strings.ToLower(string(s.Type)) }

// Title is what people call the service.
func (s Service) Title() string { return s.descriptor().Title() }

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
func (s Service) ByEmail() bool { return s.Capabilities().EmailLookup }

// Capabilities are what the service can do beyond posting.
func (s Service) Capabilities() messenger.Capabilities { return s.descriptor().Capabilities }

// Unchecked is true where only a message shows whether the secrets work.
func (s Service) Unchecked() bool { return s.descriptor().Unchecked }

// Edits is true where messages are edited.
func (s Service) Edits() bool { return s.Capabilities().Edit }

// RemindersOnly is true where an AccessNotifier has recipients of reminders only: see Tell.
func (s Service) RemindersOnly() bool { return s.descriptor().RemindersOnly }

// Tell has a spec name the recipients, as early as the API lets it: where the service is for
// reminders only, they hear of requests that have been pending for a minute.
func (s Service) Tell(spec *v1alpha1.AccessNotifierSpec, recipients ...string) {
	if !s.RemindersOnly() {
		spec.Recipients = recipients
		return
	}
	reminder := v1alpha1.Reminder{AfterMinutes: 1}
	for _, name := range recipients {
		reminder.Recipients = append(reminder.Recipients, v1alpha1.RouteRecipient{Channel: v1alpha1.RecipientName(name)})
	}
	spec.Reminders = []v1alpha1.Reminder{reminder}
}

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
var All = []Service{Slack, Discord, Email, GoogleChat, Mattermost, PagerDuty, Teams, TeamsWorkflow, Webhook}

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

// GoogleChat is simulated for one organization, in which an administrator has installed the app
// for each person.
var GoogleChat = Service{
	Type:     v1alpha1.MessengerGoogleChat,
	Simulate: func(o messengertest.Options) messengertest.Simulator { return messengertest.NewGoogleChat(o) },
	Channel:  func(_, id string) string { return "spaces/" + id },
	Person:   func(email, _ string) string { return email },
	Spec: func(_ string, key v1alpha1.SecretKeyReference) v1alpha1.MessengerSpec {
		return v1alpha1.MessengerSpec{
			Type:       v1alpha1.MessengerGoogleChat,
			GoogleChat: &v1alpha1.GoogleChatSpec{ServiceAccountSecretRef: key},
		}
	},
	SecretsOf: func(token string) messenger.Secrets {
		return messenger.Secrets{googlechat.SecretServiceAccount: messengertest.ServiceAccountKey(token)}
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

// PagerDuty is simulated with the log of each incident, which shows what comes after it was
// resolved as well. People are recipients as any other.
var PagerDuty = Service{
	Type:     v1alpha1.MessengerPagerDuty,
	Simulate: func(o messengertest.Options) messengertest.Simulator { return messengertest.NewIncidentLog(o) },
	Channel:  func(_, id string) string { return id },
	Person:   func(_, id string) string { return id },
	Spec: func(_ string, key v1alpha1.SecretKeyReference) v1alpha1.MessengerSpec {
		return v1alpha1.MessengerSpec{
			Type:      v1alpha1.MessengerPagerDuty,
			PagerDuty: &v1alpha1.PagerDutySpec{RoutingKeySecretRef: key},
		}
	},
	SecretsOf: func(token string) messenger.Secrets {
		return messenger.Secrets{pagerduty.SecretRoutingKey: messengertest.RoutingKeys(token)}
	},
}

// Teams is simulated for one tenant, and names channels by their ids.
var Teams = Service{
	Type:     v1alpha1.MessengerTeams,
	Simulate: func(o messengertest.Options) messengertest.Simulator { return messengertest.NewTeams(o) },
	Path:     "/teams",
	Channel:  func(_, id string) string { return id },
	Person:   func(email, _ string) string { return email },
	Spec: func(_ string, secret v1alpha1.SecretKeyReference) v1alpha1.MessengerSpec {
		return v1alpha1.MessengerSpec{
			Type: v1alpha1.MessengerTeams,
			Teams: &v1alpha1.TeamsSpec{
				TenantID: messengertest.TeamsTenant, AppID: messengertest.TeamsApp, ClientSecretSecretRef: &secret,
			},
		}
	},
	SecretsOf: func(token string) messenger.Secrets { return messenger.Secrets{teams.SecretClient: token} },
}

// TeamsWorkflow is simulated by one workflow, which posts for all recipients. A channel shows of a
// request the latest card. People are recipients as any other.
var TeamsWorkflow = Service{
	Type:     v1alpha1.MessengerTeamsWorkflow,
	Simulate: func(o messengertest.Options) messengertest.Simulator { return messengertest.NewWorkflowChannels(o) },
	Channel:  func(_, id string) string { return id },
	Person:   func(_, id string) string { return id },
	Spec: func(_ string, workflows v1alpha1.SecretKeyReference) v1alpha1.MessengerSpec {
		return v1alpha1.MessengerSpec{
			Type:          v1alpha1.MessengerTeamsWorkflow,
			TeamsWorkflow: &v1alpha1.TeamsWorkflowSpec{WorkflowsSecretRef: workflows},
		}
	},
	SecretsOf: func(token string) messenger.Secrets {
		return messenger.Secrets{teamsworkflow.SecretWorkflows: messengertest.Workflows(token)}
	},
	Pace: teamsworkflow.Pace,
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
	Pace: email.Pace,
	SMTP: true,
}
