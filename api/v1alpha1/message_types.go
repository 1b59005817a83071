package v1alpha1

// MessageSpec says how messages are worded. A change of it posts and edits nothing: a
// message that is there is worded anew when its request changes.
//
// +kubebuilder:validation:MinProperties=1
type MessageSpec struct {
	// locale is the language of messages: en, ko, ja, de, fr or es. What people have
	// typed, and the commands to decide with, stay as they are. Default: en.
	// +optional
	Locale MessageLocale `json:"locale,omitempty"`

	// timeZone is the time zone of times that the messenger does not show in that of the
	// reader, by its name in the IANA database, 1 to 64 characters. Mail, Google Chat,
	// Mattermost, PagerDuty and Microsoft Teams show all times in it, Slack those in
	// notifications, Discord and webhooks none. Example: Europe/Berlin. Default: UTC.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule=`self.matches('^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$') && self != 'Local'`,message=`must be the name of a time zone in the IANA database, such as Europe/Berlin`
	TimeZone string `json:"timeZone,omitempty"`

	// extraFields lists further facts to show of each request, after the cluster: at most
	// 8. What they say is shown as what a requester types is, and pings no person.
	// +optional
	// +listType=map
	// +listMapKey=label
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=8
	ExtraFields []ExtraField `json:"extraFields,omitempty"`

	// linkTemplate is the address that the link of a message leads to, in place of the
	// request in Teleport's Web UI: 1 to 256 characters. {id} stands for the id of the
	// request, and has to be there; {cluster} stands for the name of the cluster. There
	// is a link as long as Teleport has the request. Example:
	// https://access.example.com/requests/{id}.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:XValidation:rule=`self.contains('{id}') && self.matches('^https://[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?/([A-Za-z0-9._/?&=:+,;$-]|%[0-9A-Fa-f]{2}|\\{id\\}|\\{cluster\\})*$')`,message=`must be an address that begins with https:// and holds {id}, such as https://teleport.example.com/web/requests/{id}`
	LinkTemplate string `json:"linkTemplate,omitempty"`
}

// MessageLocale is a language of messages.
//
// +kubebuilder:validation:Enum=en;ko;ja;de;fr;es
type MessageLocale string

// ExtraField is a further fact about a request.
type ExtraField struct {
	// label says what the fact is: 1 to 32 characters, as readers see it.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule=`self == self.trim() && !self.matches('[\\p{C}\u2028\u2029]')`,message=`must be text on one line, without spaces around it and without invisible characters`
	Label string `json:"label,omitempty"`

	// value is an expression in CEL, 1 to 4096 characters long, that is a string or a
	// list of strings, over request as conditions of routes have it. If nothing is in it,
	// the field is not shown. If it cannot be evaluated for a request, the message goes
	// without the field, and the condition MessageValid says why. Example:
	// request.annotations[?"ticket"].orValue([]).
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=4096
	Value string `json:"value,omitempty"`
}
