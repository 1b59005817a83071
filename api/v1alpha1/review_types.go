package v1alpha1

// ReviewSpec says who may decide on access requests in chat, below the messages.
//
// +kubebuilder:validation:MinProperties=1
type ReviewSpec struct {
	// mode says what reviewers may do in chat:
	//
	//   "Off"     nothing: messages have no buttons. YAML takes Off without quotes for
	//             false, which is refused
	//   DenyOnly  deny, so that a stolen chat account can approve nothing
	//   Full      approve and deny
	//
	// Teleport alone decides who may review which request, and it takes an Enterprise
	// cluster that takes reviews for users, and an identity whose role allows that. The
	// condition ReviewAvailable says what is missing. Default: Off.
	// +optional
	Mode ReviewMode `json:"mode,omitempty"`

	// identity says which Teleport user has which chat account. Default: the trait
	// slack_uid, discord_uid or mattermost_uid, which is that of the messenger.
	// +optional
	Identity *ReviewIdentity `json:"identity,omitempty"`

	// when is an expression in CEL, 1 to 1024 characters long, that must be true of a
	// request that can be decided on in chat. It may use request as conditions of routes
	// have it, but for labels, and no user. While it cannot be evaluated for a request,
	// that request has no buttons, and the condition ReviewAvailable says why. Default:
	// true. Example: request.roles.all(role, !role.startsWith("prod-")).
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	When string `json:"when,omitempty"`

	// reason says whether reviewers have to say why, in a form that opens when they press
	// a button: Optional, where no form opens, or Required. Default: Optional.
	// +optional
	Reason ReviewReason `json:"reason,omitempty"`
}

// ReviewIdentity says which Teleport user has which chat account. Where that is no user, or
// more than one, nothing is decided.
//
// +kubebuilder:validation:XValidation:rule=`has(self.trait) != has(self.emailIsUsername)`,message=`must set exactly one of trait and emailIsUsername`
type ReviewIdentity struct {
	// trait names a trait of Teleport users that holds the id of their chat account: 1 to
	// 64 characters, such as github_id. Who can set the
	// trait of a user can review as that user. The identity's role has to allow list and
	// read on user.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule=`self == self.trim()`,message=`must be the name of a user trait, without spaces around it`
	Trait string `json:"trait,omitempty"`

	// emailIsUsername takes the e-mail address of a chat account for the name of the
	// Teleport user, if the chat service has confirmed it. Whoever administers the chat
	// service can then review as any user: prefer trait. Discord tells no e-mail
	// addresses.
	// +optional
	EmailIsUsername *EmailIsUsername `json:"emailIsUsername,omitempty"`
}

// EmailIsUsername says which e-mail addresses are names of Teleport users.
type EmailIsUsername struct {
	// domains lists the domains of these addresses, in lower case: 1 to 16. An address in
	// any other, a subdomain included, is that of no user.
	// +required
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=253
	// +kubebuilder:validation:items:XValidation:rule=`self.matches('^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$')`,message=`must be a domain in lower case, such as example.com`
	Domains []string `json:"domains,omitempty"`
}

// ReviewMode says what reviewers may do in chat.
//
// +kubebuilder:validation:Enum=Off;DenyOnly;Full
type ReviewMode string

const (
	// ReviewOff means that they can do nothing.
	ReviewOff ReviewMode = "Off"
	// ReviewDenyOnly means that they can deny.
	ReviewDenyOnly ReviewMode = "DenyOnly"
	// ReviewFull means that they can approve and deny.
	ReviewFull ReviewMode = "Full"
)

// ReviewReason says whether reviewers have to say why.
//
// +kubebuilder:validation:Enum=Optional;Required
type ReviewReason string

const (
	// ReviewReasonOptional means that they need not.
	ReviewReasonOptional ReviewReason = "Optional"
	// ReviewReasonRequired means that they have to.
	ReviewReasonRequired ReviewReason = "Required"
)
