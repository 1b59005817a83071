package v1alpha1

// Route says who is notified of the access requests that it matches.
//
// +kubebuilder:validation:XValidation:rule=`(has(self.suppress) && self.suppress) != has(self.recipients)`,message=`must set either recipients or suppress: true`
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

	// recipients lists who is notified: 1 to 64 channels and users.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	Recipients []RouteRecipient `json:"recipients,omitempty"`
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

// RouteRecipient is a channel or a user.
//
// +kubebuilder:validation:XValidation:rule=`has(self.channel) != has(self.user)`,message=`must set exactly one of channel and user`
type RouteRecipient struct {
	// channel is a channel, written as in the recipients of the spec. A user of that
	// name is not notified.
	// +optional
	Channel RecipientName `json:"channel,omitempty"`

	// user is a person who is notified by direct message, written as in the recipients
	// of the spec. A channel of that name is not notified.
	// +optional
	User RecipientName `json:"user,omitempty"`
}

// RecipientName is a channel or a person as the messenger knows it.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=256
// +kubebuilder:validation:XValidation:rule=`self == self.trim()`,message=`must be a channel or a person, without spaces around it and without line breaks or other invisible characters; joiners, as Persian names and emoji have them, are fine`
// +kubebuilder:validation:XValidation:rule=`!self.matches('[^\\PC\u200C-\u200F\U000E0020-\U000E007F]|[\u2028\u2029]')`,message=`must be a channel or a person, without spaces around it and without line breaks or other invisible characters; joiners, as Persian names and emoji have them, are fine`
type RecipientName string
