package v1alpha1

// Route says who is notified of the access requests that it matches.
//
// +kubebuilder:validation:XValidation:rule=`(has(self.suppress) && self.suppress) != has(self.recipients)`,message=`must set either recipients or suppress: true`
// +kubebuilder:validation:XValidation:rule=`!has(self.reminders) || has(self.recipients)`,fieldPath=`.reminders`,message=`must not be set without recipients`
type Route struct {
	// name names the route in the status: 1 to 63 lower case letters, digits and
	// hyphens.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule=`self.matches('^[a-z0-9]([a-z0-9-]*[a-z0-9])?$')`,message=`must consist of lower case letters, digits and hyphens, and begin and end with a letter or digit`
	Name string `json:"name,omitempty"`

	// match says which access requests the route is for. Default: all.
	// +optional
	Match *RouteMatch `json:"match,omitempty"`

	// suppress keeps roleToRecipients and suggested reviewers from being notified of
	// the requests that the route matches, while true. If another route with
	// recipients or an Access Monitoring Rule matches as well, that one goes first
	// and its recipients are notified. recipients of the spec are in any case.
	// Default: false.
	// +optional
	Suppress *bool `json:"suppress,omitempty"`

	// recipients lists who is notified: 1 to 64 channels, users and groups.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:XValidation:rule=`!self.exists(r, has(r.group)) || self.exists(r, has(r.channel))`,message=`must list a channel with a group, which is mentioned there`
	Recipients []RouteRecipient `json:"recipients,omitempty"`

	// reminders lists who is told again of a request that the route matches, while it is
	// still pending: 1 to 5. Those of the spec are made besides.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=5
	Reminders []Reminder `json:"reminders,omitempty"`
}

// RouteMatch says which access requests a route is for: those that fulfil all that is set.
//
// +kubebuilder:validation:MinProperties=1
type RouteMatch struct {
	// roles lists 1 to 64 roles, of which the request must ask for at least one. In
	// each, * stands for any run of characters. Example: prod-*.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=256
	Roles []string `json:"roles,omitempty"`

	// condition is an expression in CEL, 1 to 4096 characters long, that must be true
	// of the request. It may use
	//
	//   request.user                string
	//   request.roles               list of strings
	//   request.resources           list of objects with kind, name, cluster and labels
	//   request.reason              string
	//   request.suggestedReviewers  list of strings
	//   request.annotations         map of lists of strings
	//   request.created             timestamp
	//   request.expires             timestamp: when the request ends if it stays pending
	//   request.maxDuration         duration: for how long access may last
	//   user.traits                 map of lists of strings, if the role may read users
	//
	// labels is a map of strings. It takes an identity whose role shows the resources.
	//
	// Example: request.user.endsWith("@example.com") && size(request.resources) > 0.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=4096
	Condition string `json:"condition,omitempty"`
}

// RouteRecipient is a channel, a user or a group.
//
// +kubebuilder:validation:XValidation:rule=`[has(self.channel), has(self.user), has(self.group)].filter(set, set).size() == 1`,message=`must set exactly one of channel, user and group`
type RouteRecipient struct {
	// channel is a channel, written as in the recipients of the spec. A user of that
	// name is not notified.
	// +optional
	Channel RecipientName `json:"channel,omitempty"`

	// user is a person who is notified by direct message, written as in the recipients
	// of the spec. A channel of that name is not notified.
	// +optional
	User RecipientName `json:"user,omitempty"`

	// group is a Slack user group, by its handle without @ or its id. It gets no messages
	// of its own: those to the channels in the same list mention it. Other messengers
	// have none, and status.unresolvedRecipients says so.
	// +optional
	Group RecipientName `json:"group,omitempty"`
}

// Reminder says who is told again of a request that is still pending.
type Reminder struct {
	// afterMinutes is for how long the request has been pending by then, in minutes: 1 to
	// 10080, which is a week.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=10080
	AfterMinutes int32 `json:"afterMinutes,omitempty"`

	// recipients lists who is reminded: 1 to 16 channels, users and groups. Whoever has
	// not been notified of the request is notified then, and sees from then on what
	// becomes of it. Default: all who were notified, by the route or at all, but for the
	// requester.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:XValidation:rule=`!self.exists(r, has(r.group)) || self.exists(r, has(r.channel))`,message=`must list a channel with a group, which is mentioned there`
	Recipients []RouteRecipient `json:"recipients,omitempty"`

	// mention says whether the reminder mentions, in channels, the users among its
	// recipients. Groups are always mentioned, and suggested reviewers never.
	// Default: false.
	// +optional
	Mention *bool `json:"mention,omitempty"`
}

// RecipientName is a channel or a person as the messenger knows it.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=256
// +kubebuilder:validation:XValidation:rule=`self == self.trim()`,message=`must be a channel or a person, without spaces around it and without line breaks or other invisible characters; joiners, as Persian names and emoji have them, are fine`
// +kubebuilder:validation:XValidation:rule=`!self.matches('[^\\PC\u200C-\u200F\U000E0020-\U000E007F]|[\u2028\u2029]')`,message=`must be a channel or a person, without spaces around it and without line breaks or other invisible characters; joiners, as Persian names and emoji have them, are fine`
type RecipientName string
