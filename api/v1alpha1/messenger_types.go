package v1alpha1

// MessengerType names a chat service.
//
// +kubebuilder:validation:Enum=Slack;Discord;Mattermost;Webhook;Email
type MessengerType string

const (
	// MessengerSlack posts to channels and people in a Slack workspace.
	MessengerSlack MessengerType = "Slack"
	// MessengerDiscord posts to channels and users of Discord.
	MessengerDiscord MessengerType = "Discord"
	// MessengerMattermost posts to channels and people of a Mattermost server.
	MessengerMattermost MessengerType = "Mattermost"
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
// +kubebuilder:validation:XValidation:rule=`has(self.mattermost) == (self.type == 'Mattermost')`,fieldPath=`.mattermost`,message=`must be set if type is Mattermost, and only then`
// +kubebuilder:validation:XValidation:rule=`has(self.webhook) == (self.type == 'Webhook')`,fieldPath=`.webhook`,message=`must be set if type is Webhook, and only then`
// +kubebuilder:validation:XValidation:rule=`has(self.email) == (self.type == 'Email')`,fieldPath=`.email`,message=`must be set if type is Email, and only then`
// +union
type MessengerSpec struct {
	// type is the chat service: Slack, Discord or Mattermost; or Webhook, for signed
	// events to an HTTP endpoint, or Email. The field of that name must be set, and no
	// other.
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

	// mattermost is set if type is Mattermost.
	// +optional
	// +unionMember
	Mattermost *MattermostSpec `json:"mattermost,omitempty"`

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
}

// DiscordSpec says how to reach Discord.
type DiscordSpec struct {
	// tokenSecretRef names a Secret with the bot's token, without the word "Bot"
	// before it. Without a key, the key "token" is used. A changed token takes
	// effect without a restart.
	// +required
	TokenSecretRef SecretKeyReference `json:"tokenSecretRef,omitzero"`
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
	// and [::1], and with insecure for a Service of the cluster. At most 512
	// characters. Examples: https://chat.example.com,
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
	// Service of the cluster. At most 512 characters. Who can read this object can read
	// it: put no password into it. Example: https://siem.example.com/hooks/teleport.
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
