package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// AccessNotifier tells reviewers about the access requests of one Teleport
// cluster in a chat service, by e-mail or by webhook, and keeps each message
// true while the request is reviewed, resolved or expires.
//
// Secrets are always taken from the namespace of the AccessNotifier.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:storageversion
// +kubebuilder:resource:path=accessnotifiers,singular=accessnotifier,shortName=an,categories=access,scope=Namespaced
// +kubebuilder:printcolumn:name="Messenger",type=string,JSONPath=`.spec.messenger.type`,description="Chat service that gets the messages"
// +kubebuilder:printcolumn:name="Cluster",type=string,JSONPath=`.status.teleport.clusterName`,description="Name of the Teleport cluster"
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`,description="Whether access requests are being announced"
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`,description="Why it is ready or not, in one word"
// +kubebuilder:printcolumn:name="Open",type=integer,JSONPath=`.status.openRequests`,description="Access requests that wait for a decision"
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`,description="Time since creation"
// +kubebuilder:printcolumn:name="Undelivered",type=integer,JSONPath=`.status.undeliveredMessages`,priority=1,description="Messages that are not delivered or not up to date yet"
// +kubebuilder:printcolumn:name="Suspended",type=boolean,JSONPath=`.spec.suspend`,priority=1,description="Whether notifying is suspended"
// +kubebuilder:printcolumn:name="Message",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].message`,priority=1,description="Why it is ready or not, in a sentence"
// +kubebuilder:selectablefield:JSONPath=`.spec.messenger.type`
// +kubebuilder:selectablefield:JSONPath=`.spec.teleport.address`
type AccessNotifier struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object metadata. The namespace and name are part
	// of the record that the notifier keeps in Teleport: a notifier that is
	// deleted and made again under the same name continues where it was.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec says which cluster to watch, which messenger to use and whom to tell.
	// +required
	Spec AccessNotifierSpec `json:"spec,omitzero"`

	// status says what the notifier is doing. The operator writes it.
	// +optional
	// +default={"observedGeneration":-1}
	Status AccessNotifierStatus `json:"status,omitzero"`
}

// AccessNotifierSpec says which cluster to watch, which messenger to use and
// whom to tell.
//
// ---
// The first two rules below begin with what names a recipient by itself, one alternative for
// each field.
//
// The last four say what Discord takes for recipients, as messenger/discord does. They stand
// here because a list does not know the messenger. Ratcheting would not spare them then: any
// change of the spec would judge all recipients again, so they let pass by themselves what an
// object had before.
//
// +kubebuilder:validation:XValidation:rule=`(has(self.recipients) && size(self.recipients) > 0) || (has(self.roleToRecipients) && size(self.roleToRecipients) > 0) || (has(self.routes) && self.routes.exists(r, has(r.recipients))) || self.messenger.type in ['Discord', 'PagerDuty', 'TeamsWorkflow', 'Webhook'] || !has(self.suggestedReviewersPolicy) || self.suggestedReviewersPolicy == 'Notify' || (has(self.requesterPolicy) && self.requesterPolicy == 'Notify')`,message=`must notify at least one recipient: set recipients, roleToRecipients, routes with recipients, suggestedReviewersPolicy: Notify or requesterPolicy: Notify`
// +kubebuilder:validation:XValidation:rule=`(has(self.recipients) && size(self.recipients) > 0) || (has(self.roleToRecipients) && size(self.roleToRecipients) > 0) || (has(self.routes) && self.routes.exists(r, has(r.recipients))) || has(self.requesterTrait) || self.messenger.type != 'Discord'`,message=`must set recipients, roleToRecipients, routes with recipients or requesterTrait, because Discord bots cannot look people up by e-mail address`
// +kubebuilder:validation:XValidation:rule=`!has(self.requesterTrait) || (has(self.requesterPolicy) && self.requesterPolicy == 'Notify') || (has(self.accessListReminders) && self.accessListReminders.policy == 'Notify')`,message=`must set requesterPolicy: Notify together with requesterTrait, or accessListReminders.policy: Notify`
// +kubebuilder:validation:XValidation:rule=`!has(self.accessListReminders) || self.accessListReminders.policy != 'Notify' || has(self.requesterTrait) || self.messenger.type != 'Discord'`,message=`must set requesterTrait together with accessListReminders.policy: Notify, because Discord bots cannot look people up by e-mail address`
// +kubebuilder:validation:XValidation:rule=`self.messenger.type != 'Discord' || !has(self.recipients) || self.recipients.all(r, r.matches('^(user:)?\\d{15,20}$')) || (oldSelf.hasValue() && oldSelf.value().messenger.type == 'Discord' && has(oldSelf.value().recipients) && self.recipients == oldSelf.value().recipients)`,optionalOldSelf=true,fieldPath=`.recipients`,message=`must list ids on Discord, 15 to 20 digits such as 1100000000000000001 for a channel, user:1100000000000000002 for a user: names and e-mail addresses cannot be looked up there, so turn on Developer Mode in Discord, right-click the channel or user and choose Copy ID`
// +kubebuilder:validation:XValidation:rule=`self.messenger.type != 'Discord' || !has(self.roleToRecipients) || self.roleToRecipients.all(role, self.roleToRecipients[role].all(r, r.matches('^(user:)?\\d{15,20}$'))) || (oldSelf.hasValue() && oldSelf.value().messenger.type == 'Discord' && has(oldSelf.value().roleToRecipients) && self.roleToRecipients == oldSelf.value().roleToRecipients)`,optionalOldSelf=true,fieldPath=`.roleToRecipients`,message=`must list ids on Discord, 15 to 20 digits such as 1100000000000000001 for a channel, user:1100000000000000002 for a user: names and e-mail addresses cannot be looked up there, so turn on Developer Mode in Discord, right-click the channel or user and choose Copy ID`
// +kubebuilder:validation:XValidation:rule=`self.messenger.type != 'Discord' || !has(self.routes) || self.routes.all(route, (!has(route.recipients) || route.recipients.all(r, (!has(r.channel) || r.channel.matches('^\\d{15,20}$')) && (!has(r.user) || r.user.matches('^(user:)?\\d{15,20}$')))) && (!has(route.reminders) || route.reminders.all(m, !has(m.recipients) || m.recipients.all(r, (!has(r.channel) || r.channel.matches('^\\d{15,20}$')) && (!has(r.user) || r.user.matches('^(user:)?\\d{15,20}$')))))) || (oldSelf.hasValue() && oldSelf.value().messenger.type == 'Discord' && has(oldSelf.value().routes) && self.routes == oldSelf.value().routes)`,optionalOldSelf=true,fieldPath=`.routes`,message=`must name channels and users by ids on Discord, 15 to 20 digits such as 1100000000000000001: names and e-mail addresses cannot be looked up there, so turn on Developer Mode in Discord, right-click the channel or user and choose Copy ID`
// +kubebuilder:validation:XValidation:rule=`self.messenger.type != 'Discord' || !has(self.reminders) || self.reminders.all(m, !has(m.recipients) || m.recipients.all(r, (!has(r.channel) || r.channel.matches('^\\d{15,20}$')) && (!has(r.user) || r.user.matches('^(user:)?\\d{15,20}$')))) || (oldSelf.hasValue() && oldSelf.value().messenger.type == 'Discord' && has(oldSelf.value().reminders) && self.reminders == oldSelf.value().reminders)`,optionalOldSelf=true,fieldPath=`.reminders`,message=`must name channels and users by ids on Discord, 15 to 20 digits such as 1100000000000000001: names and e-mail addresses cannot be looked up there, so turn on Developer Mode in Discord, right-click the channel or user and choose Copy ID`
// +kubebuilder:validation:XValidation:rule=`(has(self.recipients) && size(self.recipients) > 0) || (has(self.roleToRecipients) && size(self.roleToRecipients) > 0) || (has(self.routes) && self.routes.exists(r, has(r.recipients))) || !(self.messenger.type in ['TeamsWorkflow', 'Webhook'])`,message=`must set recipients, roleToRecipients or routes with recipients, because webhooks and workflows of Teams cannot look people up by e-mail address`
// +kubebuilder:validation:XValidation:rule=`!(self.messenger.type in ['TeamsWorkflow', 'Webhook']) || ((!has(self.requesterPolicy) || self.requesterPolicy != 'Notify') && (!has(self.accessListReminders) || self.accessListReminders.policy != 'Notify'))`,message=`must not set requesterPolicy: Notify or accessListReminders.policy: Notify, because webhooks and workflows of Teams cannot look people up by e-mail address`
// +kubebuilder:validation:XValidation:rule=`self.messenger.type != 'Email' || !has(self.recipients) || self.recipients.all(r, r.contains('@'))`,fieldPath=`.recipients`,message=`must be e-mail addresses, such as alice@example.com`
// +kubebuilder:validation:XValidation:rule=`self.messenger.type != 'Email' || !has(self.roleToRecipients) || self.roleToRecipients.all(role, self.roleToRecipients[role].all(r, r.contains('@')))`,fieldPath=`.roleToRecipients`,message=`must be e-mail addresses, such as alice@example.com`
// +kubebuilder:validation:XValidation:rule=`self.messenger.type != 'Email' || !has(self.routes) || self.routes.all(route, !has(route.recipients) || route.recipients.all(r, has(r.user)))`,fieldPath=`.routes`,message=`must name users only by mail, such as {user: alice@example.com}: there are no channels and groups`
// +kubebuilder:validation:XValidation:rule=`!(self.messenger.type in ['TeamsWorkflow', 'Webhook']) || !has(self.recipients) || self.recipients.all(r, r.matches('^\\w[\\w.-]{0,62}$'))`,fieldPath=`.recipients`,message=`must be names for a webhook or workflows of Teams, such as audit-log, of at most 63 letters, digits, dots, dashes and underscores, and no addresses`
// +kubebuilder:validation:XValidation:rule=`!(self.messenger.type in ['TeamsWorkflow', 'Webhook']) || !has(self.roleToRecipients) || self.roleToRecipients.all(role, self.roleToRecipients[role].all(r, r.matches('^\\w[\\w.-]{0,62}$')))`,fieldPath=`.roleToRecipients`,message=`must be names for a webhook or workflows of Teams, such as audit-log, of at most 63 letters, digits, dots, dashes and underscores, and no addresses`
// +kubebuilder:validation:XValidation:rule=`!(self.messenger.type in ['TeamsWorkflow', 'Webhook']) || !has(self.routes) || self.routes.all(route, !has(route.recipients) || route.recipients.all(r, has(r.channel) && r.channel.matches('^\\w[\\w.-]{0,62}$')))`,fieldPath=`.routes`,message=`must name channels only for a webhook or workflows of Teams, such as {channel: audit-log}, by at most 63 letters, digits, dots, dashes and underscores, and no addresses`
// +kubebuilder:validation:XValidation:rule=`!(self.messenger.type in ['TeamsWorkflow', 'Webhook']) || !has(self.routes) || self.routes.all(route, !has(route.reminders) || route.reminders.all(m, !has(m.recipients) || m.recipients.all(r, has(r.channel) && r.channel.matches('^\\w[\\w.-]{0,62}$'))))`,fieldPath=`.routes`,message=`must name channels only for a webhook or workflows of Teams, such as {channel: audit-log}, by at most 63 letters, digits, dots, dashes and underscores, and no addresses`
// +kubebuilder:validation:XValidation:rule=`!(self.messenger.type in ['TeamsWorkflow', 'Webhook']) || !has(self.reminders) || self.reminders.all(m, !has(m.recipients) || m.recipients.all(r, has(r.channel) && r.channel.matches('^\\w[\\w.-]{0,62}$')))`,fieldPath=`.reminders`,message=`must name channels only for a webhook or workflows of Teams, such as {channel: audit-log}, by at most 63 letters, digits, dots, dashes and underscores, and no addresses`
// +kubebuilder:validation:XValidation:rule=`self.messenger.type != 'PagerDuty' || (has(self.reminders) && self.reminders.exists(m, has(m.recipients)))`,fieldPath=`.reminders`,message=`must set reminders with recipients for PagerDuty, such as {afterMinutes: 15, recipients: [{channel: on-call}]}: no responder is alerted before that`
// +kubebuilder:validation:XValidation:rule=`self.messenger.type != 'PagerDuty' || !has(self.reminders) || self.reminders.all(m, !has(m.recipients) || m.recipients.all(r, has(r.channel) && r.channel.matches('^\\w[\\w.-]{0,62}$')))`,fieldPath=`.reminders`,message=`must name channels only for PagerDuty, such as {channel: on-call}, of at most 63 letters, digits, dots, dashes and underscores: they tell the responder whom an incident is for, and are no addresses`
// +kubebuilder:validation:XValidation:rule=`self.messenger.type != 'PagerDuty' || ((!has(self.recipients) || size(self.recipients) == 0) && (!has(self.roleToRecipients) || size(self.roleToRecipients) == 0) && (!has(self.routes) || !self.routes.exists(r, has(r.recipients))))`,message=`must not set recipients, roleToRecipients or routes with recipients for PagerDuty, which is for reminders only: let another AccessNotifier post to chat`
// +kubebuilder:validation:XValidation:rule=`self.messenger.type != 'PagerDuty' || ((!has(self.suggestedReviewersPolicy) || self.suggestedReviewersPolicy != 'Notify') && (!has(self.requesterPolicy) || self.requesterPolicy != 'Notify') && (!has(self.accessListReminders) || self.accessListReminders.policy != 'Notify'))`,message=`must not set suggestedReviewersPolicy: Notify, requesterPolicy: Notify or accessListReminders.policy: Notify for PagerDuty, which is for reminders only`
// +kubebuilder:validation:XValidation:rule=`!has(self.review) || !has(self.review.mode) || self.review.mode == 'Off' || self.messenger.type in ['Slack', 'Discord', 'Mattermost']`,fieldPath=`.review.mode`,message=`must be Off unless the messenger is Slack, Discord or Mattermost: no other has buttons that tell who pressed them`
// +kubebuilder:validation:XValidation:rule=`!has(self.review) || !has(self.review.mode) || self.review.mode == 'Off' || self.messenger.type != 'Discord' || !has(self.review.identity) || !has(self.review.identity.emailIsUsername)`,fieldPath=`.review.identity.emailIsUsername`,message=`must not be set for Discord, which tells no e-mail addresses: set identity.trait`
// +kubebuilder:validation:XValidation:rule=`!has(self.review) || !has(self.review.mode) || self.review.mode == 'Off' || self.messenger.type != 'Slack' || !has(self.messenger.slack) || has(self.messenger.slack.appTokenSecretRef)`,fieldPath=`.messenger.slack.appTokenSecretRef`,message=`must be set for review in Slack: an app-level token, which begins with xapp-, is how the operator hears of clicks`
type AccessNotifierSpec struct {
	// suspend stops notifying while true. Nothing is posted or updated and the
	// connection to Teleport is closed. When it is set back to false, requests
	// that are still pending are announced, and messages posted before are brought
	// up to date. Default: false.
	// +optional
	Suspend *bool `json:"suspend,omitempty"`

	// teleport says which Teleport cluster to watch, and as whom.
	// +required
	Teleport TeleportSpec `json:"teleport,omitzero"`

	// messenger says which chat service to post to, and as whom.
	// +required
	Messenger MessengerSpec `json:"messenger,omitzero"`

	// roleToRecipients lists the recipients of access requests by requested role,
	// as role_to_recipients does for Teleport's own plugins. The key "*" stands
	// for every role without an entry of its own; its list is not added to those
	// of other roles. A request for several roles goes to the recipients of all of
	// them, each once.
	//
	// At most 256 roles of at most 256 characters, each with 1 to 64 recipients;
	// see recipients for how to write one. Example:
	//
	//   roleToRecipients:
	//     "*": [access-requests]
	//     production-admin: [alice@example.com, bob@example.com]
	// ---
	// This is a map, where Kubernetes would have a list of named entries, because
	// people bring it as it is from the values and TOML files of Teleport's own
	// plugins; the exemption from the nomaps rule is deliberate.
	// +optional
	// +mapType=granular
	// +kubebuilder:validation:MaxProperties=256
	// +kubebuilder:validation:XValidation:rule=`self.all(role, role != '' && role.size() <= 256 && !role.startsWith(' ') && !role.endsWith(' '))`,message=`must have role names of 1 to 256 characters as keys, without spaces around them; "*" stands for roles without an entry of their own`
	// +kubebuilder:validation:XValidation:rule=`self.all(role, self[role].size() > 0)`,message=`must list at least one recipient for every role`
	RoleToRecipients map[string]RecipientList `json:"roleToRecipients,omitempty"`

	// recipients lists who is notified of every access request, in addition to
	// roleToRecipients. At most 64 recipients of at most 256 characters. How to
	// write one depends on the messenger:
	//
	//   Slack       a channel's name (access-requests) or id (C0123456789), or a
	//               person's e-mail address or user id (U0123456789). Invite the
	//               bot to the channel first.
	//   Discord     the id of a channel or of a user, 15 to 20 digits; user:ID makes
	//               clear that it is a user. Bots cannot look names and e-mail
	//               addresses up, so the API server refuses them.
	//   GoogleChat  a space as spaces/ and its id, or its URL in a browser; or a
	//               person's e-mail address, or users/ and the person's id. Add
	//               the app to the space first, and have people open a chat with
	//               it, or an administrator install it for all.
	//   Mattermost  TEAM/CHANNEL (platform/access-requests, or the display name:
	//               platform/Access Requests), a channel's id, or a person's
	//               e-mail address.
	//   PagerDuty   none here: see reminders.
	//   Teams       a channel's id (19:...@thread.tacv2) or the link to it, up to the
	//               question mark; or a person's e-mail address, user principal
	//               name or object id in Microsoft Entra. Install the app for
	//               the team and the person first.
	//   TeamsWorkflow  a name (access-requests) that stands before a URL among the
	//               workflows, or any if they are one URL. It is no address.
	//   Webhook     a name (audit-log) that each event tells its receiver, who knows
	//               what it stands for. It is no address.
	//   Email       an e-mail address (alice@example.com), of a person or a list.
	//
	// Only what is written here and in roleToRecipients is looked up as a channel.
	// Names that a requester typed are taken for e-mail addresses, or not at all.
	// +optional
	Recipients RecipientList `json:"recipients,omitempty"`

	// routes lists who is notified of which access requests, by role and by condition:
	// at most 64. The recipients of all routes that match a request are notified, each
	// once, together with those of Access Monitoring Rules, and in place of
	// roleToRecipients and suggested reviewers. Those are used if no route matches, or
	// if none of the recipients can be found. A route that cannot be used is left out,
	// and status.routes says why.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=64
	Routes []Route `json:"routes,omitempty"`

	// reminders lists who is told again of any request that is still pending: 1 to 5. Of
	// reminders whose time passes while no operator runs, each recipient gets the last.
	// For PagerDuty at least one has recipients, which are names (channel: on-call).
	// Default: none.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=5
	Reminders []Reminder `json:"reminders,omitempty"`

	// suggestedReviewersPolicy says whether the reviewers that a requester suggests
	// are notified too, if they are e-mail addresses: Notify or Ignore. Other names
	// are never looked up. Discord bots, PagerDuty, workflows of Teams and
	// webhooks cannot look people up by e-mail address, so it has no effect there. Default: Notify.
	// +optional
	SuggestedReviewersPolicy NotificationPolicy `json:"suggestedReviewersPolicy,omitempty"`

	// requesterPolicy says whether the person who asks is told by direct message that
	// the request was received, how it goes, how it ended, when the access is about to
	// end (15 minutes before) and when it has ended: Notify or Ignore. The person is
	// found by requesterTrait, or else if the Teleport user name is an e-mail address;
	// Discord bots cannot look people up by that, and PagerDuty, workflows of Teams and
	// webhooks know no people. A requester who is not found is not told. Default: Ignore.
	// +optional
	RequesterPolicy NotificationPolicy `json:"requesterPolicy,omitempty"`

	// requesterTrait names a trait of Teleport users that says how the messenger knows
	// the person: 1 to 256 characters. Its values are e-mail addresses, or ids of users
	// (Slack U0123456789, Discord 123456789012345678, Google Chat
	// 123456789012345678901, Teams the object id in Microsoft Entra
	// 00000000-0000-0000-0000-000000000000); of the first three, the first that is
	// found is used. No value is ever taken for a channel. The identity's role
	// has to allow read on user; without, and for users without the trait, the user
	// name counts. It takes requesterPolicy: Notify, or accessListReminders with policy:
	// Notify, whose owners are found in the same way. Example: slack_id.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:XValidation:rule=`self == self.trim()`,message=`must be the name of a user trait, without spaces around it`
	RequesterTrait string `json:"requesterTrait,omitempty"`

	// accessListReminders says whether the owners of Teleport's access lists are reminded
	// to review them. Default: they are not.
	// +optional
	AccessListReminders *AccessListReminders `json:"accessListReminders,omitempty"`

	// message says how messages are worded: the language, the time zone, further facts
	// and the link. Default: in English and UTC, with a link to Teleport.
	// +optional
	Message *MessageSpec `json:"message,omitempty"`

	// review says whether reviewers can decide on access requests in chat, by buttons below
	// the messages: in Slack, Discord and Mattermost. See docs/review.md for what it takes
	// and what it risks. Default: they cannot.
	// +optional
	Review *ReviewSpec `json:"review,omitempty"`

	// adopt says what becomes of the messages that Teleport's own access plugin for
	// the messenger has posted about requests that are still pending: Adopt or
	// Ignore. Stop that plugin before this notifier starts. With Adopt, its messages
	// are edited from then on, and whoever has one gets no other; this takes the same
	// bot, since the messages of another one are left alone and the request is
	// announced beside them. With Ignore, what it has posted stays as it is, and
	// pending requests are announced again. Default: Adopt.
	// +optional
	Adopt AdoptionPolicy `json:"adopt,omitempty"`

	// suggestedReviewers is refused: it is called suggestedReviewersPolicy.
	// ---
	// See former.go.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule=`false`,message=`must be renamed to suggestedReviewersPolicy`
	DeprecatedSuggestedReviewers string `json:"suggestedReviewers,omitempty"`

	// requester is refused: it is called requesterPolicy.
	// ---
	// See former.go.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule=`false`,message=`must be renamed to requesterPolicy`
	DeprecatedRequester string `json:"requester,omitempty"`
}

// RecipientList lists channels and people as the messenger knows them.
//
// +listType=set
// +kubebuilder:validation:MaxItems=64
// +kubebuilder:validation:items:MinLength=1
// +kubebuilder:validation:items:MaxLength=256
// +kubebuilder:validation:items:XValidation:rule=`self == self.trim()`,message=`must be a channel or a person, without spaces around it and without line breaks or other invisible characters; joiners, as Persian names and emoji have them, are fine`
// +kubebuilder:validation:items:XValidation:rule=`!self.matches('[^\\PC\u200C-\u200F\U000E0020-\U000E007F]|[\u2028\u2029]')`,message=`must be a channel or a person, without spaces around it and without line breaks or other invisible characters; joiners, as Persian names and emoji have them, are fine`
type RecipientList []string

// NotificationPolicy says whether people are notified.
//
// +kubebuilder:validation:Enum=Notify;Ignore
type NotificationPolicy string

const (
	// NotificationNotify means that they are notified.
	NotificationNotify NotificationPolicy = "Notify"
	// NotificationIgnore means that they are not notified.
	NotificationIgnore NotificationPolicy = "Ignore"
)

// AdoptionPolicy says what becomes of another plugin's messages.
//
// +kubebuilder:validation:Enum=Adopt;Ignore
type AdoptionPolicy string

const (
	// AdoptionAdopt means that they are kept true from now on.
	AdoptionAdopt AdoptionPolicy = "Adopt"
	// AdoptionIgnore means that they are left as they are.
	AdoptionIgnore AdoptionPolicy = "Ignore"
)

// AccessNotifierList is a list of AccessNotifiers.
//
// +kubebuilder:object:root=true
type AccessNotifierList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []AccessNotifier `json:"items"`
}
