package v1alpha1

// MessengerType names a chat service.
//
// +kubebuilder:validation:Enum=Slack;Discord;Email;GoogleChat;Mattermost;PagerDuty;Teams;TeamsWorkflow;Webhook
type MessengerType string

const (
	// MessengerSlack posts to channels and people in a Slack workspace.
	MessengerSlack MessengerType = "Slack"
	// MessengerDiscord posts to channels and users of Discord.
	MessengerDiscord MessengerType = "Discord"
	// MessengerGoogleChat posts to spaces and people of Google Chat.
	MessengerGoogleChat MessengerType = "GoogleChat"
	// MessengerMattermost posts to channels and people of a Mattermost server.
	MessengerMattermost MessengerType = "Mattermost"
	// MessengerPagerDuty alerts a service of PagerDuty by reminders.
	MessengerPagerDuty MessengerType = "PagerDuty"
	// MessengerTeams posts to channels and people of Microsoft Teams, as a bot.
	MessengerTeams MessengerType = "Teams"
	// MessengerTeamsWorkflow posts to channels of Microsoft Teams by Workflows.
	MessengerTeamsWorkflow MessengerType = "TeamsWorkflow"
	// MessengerWebhook sends signed events to an HTTP endpoint.
	MessengerWebhook MessengerType = "Webhook"
	// MessengerEmail sends mail by SMTP.
	MessengerEmail MessengerType = "Email"
)

// MessengerSpec says which chat service to post to, and as whom. It is a union:
// type tells which member is set.
//
// +kubebuilder:validation:XValidation:rule=`has(self.slack) == (self.type == 'Slack')`,fieldPath=`.slack`,message=`must be set if type is Slack, and only then`
// +kubebuilder:validation:XValidation:rule=`has(self.discord) == (self.type == 'Discord')`,fieldPath=`.discord`,message=`must be set if type is Discord, and only then`
// +kubebuilder:validation:XValidation:rule=`has(self.googleChat) == (self.type == 'GoogleChat')`,fieldPath=`.googleChat`,message=`must be set if type is GoogleChat, and only then`
// +kubebuilder:validation:XValidation:rule=`has(self.mattermost) == (self.type == 'Mattermost')`,fieldPath=`.mattermost`,message=`must be set if type is Mattermost, and only then`
// +kubebuilder:validation:XValidation:rule=`has(self.pagerDuty) == (self.type == 'PagerDuty')`,fieldPath=`.pagerDuty`,message=`must be set if type is PagerDuty, and only then`
// +kubebuilder:validation:XValidation:rule=`has(self.teams) == (self.type == 'Teams')`,fieldPath=`.teams`,message=`must be set if type is Teams, and only then`
// +kubebuilder:validation:XValidation:rule=`has(self.teamsWorkflow) == (self.type == 'TeamsWorkflow')`,fieldPath=`.teamsWorkflow`,message=`must be set if type is TeamsWorkflow, and only then`
// +kubebuilder:validation:XValidation:rule=`has(self.webhook) == (self.type == 'Webhook')`,fieldPath=`.webhook`,message=`must be set if type is Webhook, and only then`
// +kubebuilder:validation:XValidation:rule=`has(self.email) == (self.type == 'Email')`,fieldPath=`.email`,message=`must be set if type is Email, and only then`
// +union
type MessengerSpec struct {
	// type is the chat service: Slack, Discord, GoogleChat, Mattermost, Teams or
	// TeamsWorkflow; Email; PagerDuty, for reminders only; or Webhook, for signed
	// events to an HTTP endpoint.
	// The field of that name must be set, and no other.
	// +unionDiscriminator
	// +required
	Type MessengerType `json:"type,omitempty"`

	// slack is set if type is Slack.
	// +optional
	// +unionMember
	Slack *SlackSpec `json:"slack,omitempty"`

	// discord is set if type is Discord.
	// +optional
	// +unionMember
	Discord *DiscordSpec `json:"discord,omitempty"`

	// googleChat is set if type is GoogleChat.
	// +optional
	// +unionMember
	GoogleChat *GoogleChatSpec `json:"googleChat,omitempty"`

	// mattermost is set if type is Mattermost.
	// +optional
	// +unionMember
	Mattermost *MattermostSpec `json:"mattermost,omitempty"`

	// pagerDuty is set if type is PagerDuty.
	// +optional
	// +unionMember
	PagerDuty *PagerDutySpec `json:"pagerDuty,omitempty"`

	// teams is set if type is Teams.
	// +optional
	// +unionMember
	Teams *TeamsSpec `json:"teams,omitempty"`

	// teamsWorkflow is set if type is TeamsWorkflow.
	// +optional
	// +unionMember
	TeamsWorkflow *TeamsWorkflowSpec `json:"teamsWorkflow,omitempty"`

	// webhook is set if type is Webhook.
	// +optional
	// +unionMember
	Webhook *WebhookSpec `json:"webhook,omitempty"`

	// email is set if type is Email.
	// +optional
	// +unionMember
	Email *EmailSpec `json:"email,omitempty"`
}

// SlackSpec says how to reach Slack.
type SlackSpec struct {
	// tokenSecretRef names a Secret with the bot's token, which begins with
	// "xoxb-". The scopes chat:write, im:write, users:read and users:read.email
	// let the bot post and find people by e-mail address. With channels:read and
	// groups:read, mistyped channel names show at once; with channels:history,
	// groups:history and im:history, a post that was cut off is not repeated.
	// Without a key, the key "token" is used. A changed token takes effect without
	// a restart.
	// +required
	TokenSecretRef SecretKeyReference `json:"tokenSecretRef,omitzero"`

	// appTokenSecretRef names a Secret with an app-level token of the same app, which
	// begins with "xapp-" and has the scope connections:write. By it the operator hears
	// which buttons are pressed, over a connection that it opens itself (Socket Mode).
	// It must be set if review.mode is DenyOnly or Full, and has no use otherwise.
	// Without a key, the key "appToken" is used. A changed token takes effect without a
	// restart.
	// +optional
	AppTokenSecretRef *SecretKeyReference `json:"appTokenSecretRef,omitempty"`
}

// DiscordSpec says how to reach Discord.
type DiscordSpec struct {
	// tokenSecretRef names a Secret with the bot's token, without the word "Bot"
	// before it. Without a key, the key "token" is used. A changed token takes
	// effect without a restart.
	// +required
	TokenSecretRef SecretKeyReference `json:"tokenSecretRef,omitzero"`
}

// GoogleChatSpec says how to reach Google Chat, as a Chat app.
type GoogleChatSpec struct {
	// serviceAccountSecretRef names a Secret with a key of the service account that
	// the Chat app authenticates with: the JSON file that the Google Cloud console
	// makes. The Google Chat API must be turned on, and the app be configured, in the
	// project of the service account. The account needs no role. Without a key, the
	// key "serviceAccount" is used. A changed key takes effect without a restart.
	// +required
	ServiceAccountSecretRef SecretKeyReference `json:"serviceAccountSecretRef,omitzero"`
}

// MattermostSpec says how to reach a Mattermost server.
//
// +kubebuilder:validation:XValidation:rule=`self.url.startsWith('https://') || self.url.matches('^http://(localhost|127\\.0\\.0\\.1|\\[::1\\])([:/]|$)') || self.?insecure.orValue("") == 'Allow'`,fieldPath=`.url`,message=`must begin with https://; http:// is allowed for localhost, 127.0.0.1 and [::1], and with insecure: Allow for a Service of the cluster, such as http://mattermost.chat.svc:8065`
// +kubebuilder:validation:XValidation:rule=`self.?insecure.orValue("") != 'Allow' || self.url.startsWith('https://') || self.url.matches('^http://(localhost|127\\.0\\.0\\.1|\\[::1\\])([:/]|$)') || self.url.matches('^http://([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.){2,}svc(\\.cluster\\.local)?([:/]|$)')`,fieldPath=`.url`,message=`must begin with https://; http:// is allowed for localhost, 127.0.0.1 and [::1], and with insecure: Allow for a Service of the cluster, such as http://mattermost.chat.svc:8065`
// +kubebuilder:validation:XValidation:rule=`!has(self.insecure) || self.insecure != 'Allow' || !self.url.startsWith('https://')`,fieldPath=`.insecure`,message=`must not be Allow for a url with https://: it allows http://, and turns no check of certificates off`
// +kubebuilder:validation:XValidation:rule=`!has(self.caSecretRef) || self.url.startsWith('https://')`,fieldPath=`.caSecretRef`,message=`must not be set without https://`
type MattermostSpec struct {
	// url is the address of the Mattermost server, with its path if it has one.
	// It must begin with https://; http:// is allowed for localhost, 127.0.0.1
	// and [::1], and with insecure for a Service of the cluster. A server on the
	// operator's own machine is called only if its --allow-networks has it. At
	// most 512 characters. Examples: https://chat.example.com,
	// https://example.com/mattermost.
	// +required
	URL ServerURL `json:"url,omitempty"`

	// insecure says whether url may be that of a Service of the cluster with
	// http://: Allow or Deny. The token and all messages are then sent in clear
	// text, and who can read the cluster's network can read them. The host must be
	// written as NAME.NAMESPACE.svc, with .cluster.local or without, and lead to a
	// private network. No certificate is ever left unchecked. Default: Deny.
	// +optional
	Insecure InsecurePolicy `json:"insecure,omitempty"`

	// caSecretRef names a Secret with certificate authorities, in PEM form, to
	// trust for the server's certificate in addition to those of the operator's
	// image. Needed only if that certificate is signed by a private authority.
	// Without a key, the key "ca.crt" is used. A change takes effect without a
	// restart.
	// +optional
	CASecretRef *SecretKeyReference `json:"caSecretRef,omitempty"`

	// tokenSecretRef names a Secret with the access token of the bot account.
	// Without a key, the key "token" is used. A changed token takes effect
	// without a restart.
	// +required
	TokenSecretRef SecretKeyReference `json:"tokenSecretRef,omitzero"`
}

// TeamsSpec says which bot of Microsoft Teams to post as, as docs/guides/teams.md sets it up.
//
// +kubebuilder:validation:XValidation:rule=`has(self.clientSecretSecretRef) != has(self.certificateSecretRef)`,message=`must set one of clientSecretSecretRef and certificateSecretRef`
// +kubebuilder:validation:XValidation:rule=`!has(self.privateKeySecretRef) || has(self.certificateSecretRef)`,fieldPath=`.privateKeySecretRef`,message=`must not be set without certificateSecretRef`
type TeamsSpec struct {
	// tenantID is the id of the Microsoft Entra tenant whose Teams it is: the "Directory
	// (tenant) ID" of the app's page.
	// +required
	TenantID EntraID `json:"tenantID,omitempty"`

	// appID is the id of the bot's app in Microsoft Entra: the "Application (client) ID"
	// of the app's page.
	// +required
	AppID EntraID `json:"appID,omitempty"`

	// clientSecretSecretRef names a Secret with a client secret of the app: its value,
	// not its id. Either this or certificateSecretRef must be set. Without a key, the key
	// "clientSecret" is used. A changed secret takes effect without a restart.
	// +optional
	ClientSecretSecretRef *SecretKeyReference `json:"clientSecretSecretRef,omitempty"`

	// certificateSecretRef names a Secret with a certificate of the app, in PEM form, in
	// place of a client secret, such as one of the type kubernetes.io/tls that
	// cert-manager writes. Its key must be RSA, of 2048 to 8192 bits. Without a key, the
	// key "tls.crt" is used. A changed certificate takes effect without a restart, once
	// the app has it.
	// +optional
	CertificateSecretRef *SecretKeyReference `json:"certificateSecretRef,omitempty"`

	// privateKeySecretRef names a Secret with the private key of the certificate, in PEM
	// form. Default: the Secret of the certificate. Without a key, the key "tls.key" is
	// used.
	// +optional
	PrivateKeySecretRef *SecretKeyReference `json:"privateKeySecretRef,omitempty"`

	// serviceURL is the address of the Bot Framework connector, which also says in which
	// cloud the tenant is: https://smba.infra.gcc.teams.microsoft.com/teams for GCC,
	// https://smba.infra.gov.teams.microsoft.us/teams for GCC High, and
	// https://smba.infra.dod.teams.microsoft.us/teams for DoD. The path may be that of a
	// region, such as https://smba.trafficmanager.net/emea. Default:
	// https://smba.trafficmanager.net/teams.
	// +optional
	ServiceURL TeamsServiceURL `json:"serviceURL,omitempty"`
}

// EntraID is an id in Microsoft Entra.
//
// +kubebuilder:validation:MinLength=36
// +kubebuilder:validation:MaxLength=36
// +kubebuilder:validation:XValidation:rule=`self.matches('^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$')`,message=`must be an id such as 01234567-89ab-cdef-0123-456789abcdef`
type EntraID string

// TeamsServiceURL is an address of the Bot Framework connector.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=128
// +kubebuilder:validation:XValidation:rule=`self.matches('^https://smba\\.(trafficmanager\\.net|infra\\.gcc\\.teams\\.microsoft\\.com|infra\\.(gov|dod)\\.teams\\.microsoft\\.us)/[a-z]{1,16}/?$')`,message=`must be an address of the Bot Framework connector, such as https://smba.trafficmanager.net/teams or https://smba.infra.gcc.teams.microsoft.com/teams`
type TeamsServiceURL string

// TeamsWorkflowSpec says which Workflows of Microsoft Teams post, as
// docs/guides/teams-workflow.md sets them up.
type TeamsWorkflowSpec struct {
	// workflowsSecretRef names a Secret with the URLs of the workflows: on each line the
	// name of a recipient, a space, and the URL that its workflow shows. The name "*"
	// stands for all recipients without a line of their own, and so does a URL without
	// a name. Who knows a URL can post: it holds its signature. Without a key, the key
	// "workflows" is used. A change takes effect without a restart.
	// +required
	WorkflowsSecretRef SecretKeyReference `json:"workflowsSecretRef,omitzero"`
}

// WebhookSpec says where events are sent, and how they are signed. Each change of a request is
// an event of its own, in JSON, as docs/guides/webhook.md describes it.
//
// +kubebuilder:validation:XValidation:rule=`self.url.startsWith('https://') || self.url.matches('^http://(localhost|127\\.0\\.0\\.1|\\[::1\\])([:/]|$)') || self.?insecure.orValue("") == 'Allow'`,fieldPath=`.url`,message=`must begin with https://; http:// is allowed for localhost, 127.0.0.1 and [::1], and with insecure: Allow for a Service of the cluster, such as http://events.siem.svc:8080`
// +kubebuilder:validation:XValidation:rule=`self.?insecure.orValue("") != 'Allow' || self.url.startsWith('https://') || self.url.matches('^http://(localhost|127\\.0\\.0\\.1|\\[::1\\])([:/]|$)') || self.url.matches('^http://([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.){2,}svc(\\.cluster\\.local)?([:/]|$)')`,fieldPath=`.url`,message=`must begin with https://; http:// is allowed for localhost, 127.0.0.1 and [::1], and with insecure: Allow for a Service of the cluster, such as http://events.siem.svc:8080`
// +kubebuilder:validation:XValidation:rule=`!has(self.insecure) || self.insecure != 'Allow' || !self.url.startsWith('https://')`,fieldPath=`.insecure`,message=`must not be Allow for a url with https://: it allows http://, and turns no check of certificates off`
// +kubebuilder:validation:XValidation:rule=`!has(self.caSecretRef) || self.url.startsWith('https://')`,fieldPath=`.caSecretRef`,message=`must not be set without https://`
type WebhookSpec struct {
	// url is the address that events are sent to by POST. It must begin with https://;
	// http:// is allowed for localhost, 127.0.0.1 and [::1], and with insecure for a
	// Service of the cluster. Those of the operator's own machine are called only if its
	// --allow-networks has them. It is called as it is written, a slash at its end
	// included. At most 512 characters. Who can read this object can read it: put no
	// password into it. Example: https://siem.example.com/hooks/teleport.
	// +required
	URL ServerURL `json:"url,omitempty"`

	// insecure says whether url may be that of a Service of the cluster with
	// http://: Allow or Deny. The events are then sent in clear text, and who can
	// read the cluster's network can read them. The host must be written as
	// NAME.NAMESPACE.svc, with .cluster.local or without, and lead to a private
	// network. No certificate is ever left unchecked. Default: Deny.
	// +optional
	Insecure InsecurePolicy `json:"insecure,omitempty"`

	// caSecretRef names a Secret with certificate authorities, in PEM form, to
	// trust for the receiver's certificate in addition to those of the operator's
	// image. Needed only if that certificate is signed by a private authority.
	// Without a key, the key "ca.crt" is used. A change takes effect without a
	// restart.
	// +optional
	CASecretRef *SecretKeyReference `json:"caSecretRef,omitempty"`

	// signingSecretRef names a Secret with what events are signed with, as Standard
	// Webhooks has it: "whsec_" and 24 to 64 random bytes in base64. The receiver
	// knows the same, and so that an event is genuine. Without a key, the key
	// "signing" is used. A change takes effect without a restart.
	// +required
	SigningSecretRef SecretKeyReference `json:"signingSecretRef,omitzero"`

	// previousSecretRef names a Secret with the signing secret from before. While it
	// is set, events have the signatures of both, so that the receiver can change from
	// one to the other at any time. Without a key, the key "previous" is used.
	// +optional
	PreviousSecretRef *SecretKeyReference `json:"previousSecretRef,omitempty"`

	// authorizationSecretRef names a Secret with the value of an Authorization header,
	// such as "Bearer TOKEN" or "Splunk TOKEN", for a receiver that wants one besides
	// the signature. Without a key, the key "authorization" is used.
	// +optional
	AuthorizationSecretRef *SecretKeyReference `json:"authorizationSecretRef,omitempty"`
}

// ServerURL is the address of a server.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=512
// +kubebuilder:validation:XValidation:rule=`self.matches('^[A-Za-z]+://([A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?(\\.[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?)*|\\[(([0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}|([0-9A-Fa-f]{1,4}:){6}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\\.){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9A-Fa-f]{1,4}(:[0-9A-Fa-f]{1,4}){0,6})?::(([0-9A-Fa-f]{1,4}:){0,6}([0-9A-Fa-f]{1,4}|((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\\.){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])))?)\\])(:[0-9]+)?(/[A-Za-z0-9._~/-]*)?$')`,message=`must be a URL such as https://chat.example.com or https://example.com/mattermost, without user name, password, query or fragment`
// +kubebuilder:validation:XValidation:rule=`!self.contains('::') || self.indexOf(']') < 0 || self.substring(self.indexOf('['), self.indexOf(']')).split(':').filter(group, group != "" && group != '[').size() <= (self.substring(self.indexOf('['), self.indexOf(']')).contains('.') ? 6 : 7)`,message=`must be a URL such as https://chat.example.com or https://example.com/mattermost, without user name, password, query or fragment`
// +kubebuilder:validation:XValidation:rule=`!isURL(self) || url(self).getHostname().size() <= 253`,message=`must be a URL such as https://chat.example.com or https://example.com/mattermost, without user name, password, query or fragment`
// +kubebuilder:validation:XValidation:rule=`!self.matches('^[A-Za-z]+://([^/]*[.])?[0-9]+([:/]|$)') || self.matches('^[A-Za-z]+://((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\\.){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])([:/]|$)')`,message=`must be a URL such as https://chat.example.com or https://example.com/mattermost, without user name, password, query or fragment`
// +kubebuilder:validation:XValidation:rule=`!isURL(self) || url(self).getPort() == "" || (url(self).getPort().size() <= 5 && !url(self).getPort().startsWith('0') && int(url(self).getPort()) <= 65535)`,message=`must have a port from 1 to 65535, or none`
type ServerURL string

// InsecurePolicy says whether a token, or an event, may be sent without TLS.
//
// +kubebuilder:validation:Enum=Allow;Deny
type InsecurePolicy string

const (
	// InsecureAllow means that it may, to a Service of the cluster.
	InsecureAllow InsecurePolicy = "Allow"
	// InsecureDeny means that it may not.
	InsecureDeny InsecurePolicy = "Deny"
)
