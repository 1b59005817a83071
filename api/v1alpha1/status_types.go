package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Bounds of what fits into a status. The API server refuses a status beyond
// them, so whoever writes one cuts texts and lists before.
const (
	// MaxConditions is the number of entries in conditions.
	MaxConditions = 16
	// MaxUnresolvedRecipients is the number of entries in unresolvedRecipients.
	MaxUnresolvedRecipients = 64
	// MaxRules is the number of entries in accessMonitoringRules, and in routes.
	MaxRules = 64
	// MaxNameLength bounds recipients and the names that Teleport reports, in
	// characters.
	MaxNameLength = 256
	// MaxMessageLength bounds messages and problems, in characters.
	MaxMessageLength = 1024
)

// AccessNotifierStatus says what a notifier is doing.
type AccessNotifierStatus struct {
	// conditions say how the notifier is, each with the generation of the spec
	// that it is about.
	//
	//   Ready               access requests are announced and kept up to date
	//   Reconciling         not as it should be, but may get better by itself
	//   Stalled             nothing gets better until an operator changes something
	//   TeleportConnected   the cluster is being watched
	//   IdentityValid       the identity exists, and is valid now
	//   MessengerReady      the chat service accepts the bot's token
	//   RecipientsResolved  every configured recipient can be reached
	//   RulesValid          no route or Access Monitoring Rule is left out
	//   MessageValid        nothing of spec.message is left out
	//   ReviewAvailable     reviewers can decide in chat
	//
	// Reconciling and Stalled are there only while they are True, MessageValid only if
	// spec.message is set, and ReviewAvailable only if spec.review.mode is DenyOnly or
	// Full. At most 16.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// observedGeneration is the generation of the spec that this status is about;
	// -1 until the operator has seen the object for the first time.
	// +optional
	// +kubebuilder:validation:Minimum=-1
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// teleport says which cluster is watched, and as whom.
	// +optional
	Teleport *TeleportStatus `json:"teleport,omitempty"`

	// openRequests is the number of access requests that wait for a decision.
	// Not set before the cluster has been asked.
	// +optional
	// +kubebuilder:validation:Minimum=0
	OpenRequests *int32 `json:"openRequests,omitempty"`

	// unannouncedRequests is the number of open requests that concern no recipient:
	// none is configured for their roles, and no suggested reviewer is known to the
	// messenger. Not set while there are none.
	// +optional
	// +kubebuilder:validation:Minimum=0
	UnannouncedRequests *int32 `json:"unannouncedRequests,omitempty"`

	// undeliveredMessages is the number of messages that are not posted, or not up
	// to date, yet. It is 0 when every recipient has seen everything, and above 0
	// for long only if a recipient or the messenger does not work. Not set before
	// the cluster has been asked.
	// +optional
	// +kubebuilder:validation:Minimum=0
	UndeliveredMessages *int32 `json:"undeliveredMessages,omitempty"`

	// oldestUndeliveredMessage says why the message waits that is not delivered for longest.
	// Not set unless one has not been for a minute or more.
	// +optional
	OldestUndeliveredMessage *UndeliveredMessage `json:"oldestUndeliveredMessage,omitempty"`

	// unresolvedRecipients lists configured recipients that cannot be reached,
	// and why. They are tried again from time to time and after every change of
	// the spec. At most 64; the condition RecipientsResolved tells how many there
	// are.
	// +optional
	// +listType=map
	// +listMapKey=recipient
	// +kubebuilder:validation:MaxItems=64
	UnresolvedRecipients []UnresolvedRecipient `json:"unresolvedRecipients,omitempty"`

	// accessMonitoringRules lists the Access Monitoring Rules of the cluster that name
	// this notifier, those with a problem first. At most 64; the condition RulesValid
	// tells how many there are.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=64
	AccessMonitoringRules []RuleStatus `json:"accessMonitoringRules,omitempty"`

	// routes lists the routes of the spec, those with a problem first.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=64
	Routes []RuleStatus `json:"routes,omitempty"`

	// lastHandledReconcileAt is the value of the annotation
	// accessnotifier.dev/reconcile-requested-at that was acted upon last.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	LastHandledReconcileAt string `json:"lastHandledReconcileAt,omitempty"`
}

// TeleportStatus says which cluster is watched, and as whom.
//
// +kubebuilder:validation:MinProperties=1
type TeleportStatus struct {
	// clusterName is the name of the Teleport cluster.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	ClusterName string `json:"clusterName,omitempty"`

	// serverVersion is the version of the cluster's Auth Service, such as 17.2.1.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	ServerVersion string `json:"serverVersion,omitempty"`

	// user is the Teleport user of the identity, such as bot-access-notifier.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	User string `json:"user,omitempty"`

	// identityExpirationTime is when the identity's certificate expires. With
	// tbot it lies less than an hour ahead, and moves on every 20 minutes.
	// +optional
	IdentityExpirationTime *metav1.Time `json:"identityExpirationTime,omitempty"`
}

// UndeliveredMessage is a message that is not posted, or not up to date, yet.
type UndeliveredMessage struct {
	// accessRequest is the id of the access request that the message is about.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	AccessRequest string `json:"accessRequest,omitempty"`

	// recipient is the recipient as the spec or a rule writes it, or else the messenger's id of
	// it. Not set while the recipients of the request cannot all be resolved.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	Recipient string `json:"recipient,omitempty"`

	// since is when the operator heard of what the recipient was not shown.
	// +required
	Since metav1.Time `json:"since,omitzero"`

	// reason is why the message waits, in one word:
	//
	//   CallFailed           the last call for it has failed, or one that it waits for
	//   RecipientUnresolved  its recipient cannot be resolved
	//   RecordNotStored      Teleport does not store the record of the delivery
	//   ClaimedByOther       another operator is about to deliver it
	//   AwaitingSettlement   the last call for it may still take effect
	//   Queued               its turn has not come
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	Reason string `json:"reason,omitempty"`

	// message says the same as a sentence.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	Message string `json:"message,omitempty"`
}

// UnresolvedRecipient is a configured recipient that cannot be reached.
type UnresolvedRecipient struct {
	// recipient is the recipient as the spec writes it.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	Recipient string `json:"recipient,omitempty"`

	// message says why, and what to do about it.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	Message string `json:"message,omitempty"`
}

// RuleStatus is how an Access Monitoring Rule or a route is.
type RuleStatus struct {
	// name is the name of the rule in Teleport, or of the route in the spec.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	Name string `json:"name,omitempty"`

	// lastMatchTime is the hour in which the newest access request was made that it
	// matches. Not set while there was none.
	// +optional
	LastMatchTime *metav1.Time `json:"lastMatchTime,omitempty"`

	// problem says why it is left out, and what to do about it. Not set while it is
	// used.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	Problem string `json:"problem,omitempty"`
}
