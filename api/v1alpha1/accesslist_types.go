package v1alpha1

// AccessListReminders says whether the owners of Teleport's access lists are reminded to review
// them.
type AccessListReminders struct {
	// policy says whether each owner is told by direct message which access lists have to be
	// reviewed, once a week from two weeks before the date of a review until it is done:
	// Notify or Ignore. Owners are found as requesters are: by requesterTrait, or else if
	// the Teleport user name is an e-mail address. The identity's role has to allow list and
	// read on access_list. When each owner was reminded is kept in the ConfigMap
	// access-notifier-access-lists of the same namespace.
	// +required
	Policy NotificationPolicy `json:"policy,omitempty"`
}
