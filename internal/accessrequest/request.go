// Package accessrequest holds the notifier's own view of a Teleport access
// request. It depends on the standard library only, so that every room can
// speak of requests without depending on Teleport.
package accessrequest

import (
	"cmp"
	"slices"
	"time"
)

// State is where an access request stands.
type State string

// The states of an access request. Teleport knows the first four; the others
// are what a request is called here once Teleport no longer has it although it
// was not seen to be resolved. They say what is known, and no more.
const (
	Pending  State = "PENDING"
	Approved State = "APPROVED"
	Denied   State = "DENIED"
	Promoted State = "PROMOTED"
	// Expired means that the time to decide is over.
	Expired State = "EXPIRED"
	// Removed means that it was gone before its time to decide was over.
	Removed State = "REMOVED"
	// Gone means that it is not known how it ended.
	Gone State = "GONE"
)

// Presence is what is known of whether Teleport has a request. Absence from a
// list is not a fact: a list may trail behind events.
type Presence int

const (
	// Unlisted means that Teleport did not name the request when it was last
	// asked, or has not been asked yet.
	Unlisted Presence = iota
	// Present means that Teleport has the request.
	Present
	// Deleted means that Teleport was heard to say that the request is gone,
	// while everything before it was heard as well.
	Deleted
)

// Resolved reports whether s is final for reviewers.
func (s State) Resolved() bool {
	return s != Pending
}

// Certainty says how much is known of the end of a request with s: nothing while it is
// pending, most once a decision was seen. One that was removed was missed before its time was
// over, while one that is said to have expired may have been removed, and missed only later.
func (s State) Certainty() int {
	switch s {
	case "", Pending:
		return 0
	case Gone:
		return 1
	case Expired:
		return 2
	case Removed:
		return 3
	default:
		return 4
	}
}

// Request is one access request as Teleport last showed it. Every string in
// it but ID and State may have been typed by a person who asks for privilege.
type Request struct {
	// ID is made by the Teleport server.
	ID string
	// User is the Teleport user who asks.
	User string
	// Roles are the roles asked for.
	Roles []string
	// Resources are the resources asked for; empty for a role request.
	Resources []Resource
	// Logins are those that each of the roles allows, where that is known. Only a request
	// that is described has them.
	Logins map[string][]string
	// Reason is the requester's reason, at most 4,096 bytes by Teleport's rule.
	Reason string
	// SuggestedReviewers are usually e-mail addresses, but may be any string.
	SuggestedReviewers []string
	// Annotations are what the requester's roles say of such requests.
	Annotations map[string][]string

	// State is where the request stands.
	State State
	// ResolveReason is the reason given with the final state, if any.
	ResolveReason string
	// PromotedTo is the title of the access list that the request was promoted
	// to; empty in every other state.
	PromotedTo string

	// Thresholds are the review thresholds that apply, in Teleport's order.
	Thresholds []Threshold
	// RoleThresholds maps each role to sets of indexes into Thresholds. Of each
	// set one threshold must be met, and all sets of a role must be.
	RoleThresholds map[string][][]uint32
	// Reviews are the reviews so far, oldest first.
	Reviews []Review

	// Created is when the request was made.
	Created time.Time
	// Expires is when the request itself ends if it stays pending.
	Expires time.Time
	// AccessExpires is when the access would end.
	AccessExpires time.Time
	// MaxDuration is the latest time until which access may be granted; zero
	// when Teleport named none.
	MaxDuration time.Time
	// AssumeStart is the earliest time at which the roles can be assumed; zero
	// for at once.
	AssumeStart time.Time
	// Kind is Temporary or Permanent when the server says so for certain, else "".
	Kind Kind
	// Incomplete is set when the request holds more than this version can show.
	Incomplete bool
	// DryRun marks a request that Teleport only validates. It is never announced.
	DryRun bool
}

// Kind is for how long the access is asked for.
type Kind string

// The kinds of access requests, of servers that tell them apart.
const (
	Temporary Kind = "TEMPORARY"
	Permanent Kind = "PERMANENT"
)

// Resource is one resource that a request asks for.
type Resource struct {
	// Cluster is the Teleport cluster that holds the resource.
	Cluster string
	// Kind is Teleport's resource kind, such as "node" or "app".
	Kind string
	// Name is the resource's name, which may be an opaque id.
	Name string
	// SubResource narrows the resource down, for example to a Kubernetes
	// namespace and pod; usually empty.
	SubResource string
	// Title is what people call the resource where Name is an id, as its owner named it;
	// empty where that is not known.
	Title string `json:",omitempty"`
	// Constraint limits what may be done with the resource; nil for no limit.
	Constraint *Constraint
}

// Constraint limits what may be done with a resource.
type Constraint struct {
	// RoleARNs are the AWS roles that may be assumed.
	RoleARNs []string
	// Logins are the logins that may be used.
	Logins []string
	// Unknown is set for a limit of a kind that this version does not know.
	Unknown bool
}

// String gives the resource in the form that "tsh request search" prints.
func (r Resource) String() string {
	s := "/" + r.Cluster + "/" + r.Kind + "/" + r.Name
	if r.SubResource != "" {
		s += "/" + r.SubResource
	}
	return s
}

// Recall returns the request with the titles of resources that it lacks and an earlier view
// of it has.
func (r Request) Recall(earlier []Resource) Request {
	titles := map[Resource]string{}
	for _, resource := range earlier {
		titles[resource.ID()] = resource.Title
	}
	r.Resources = slices.Clone(r.Resources)
	for i, resource := range r.Resources {
		r.Resources[i].Title = cmp.Or(resource.Title, titles[resource.ID()])
	}
	return r
}

// ID returns what identifies the resource.
func (r Resource) ID() Resource {
	return Resource{Cluster: r.Cluster, Kind: r.Kind, Name: r.Name, SubResource: r.SubResource}
}

// AutomaticReviewer is the author of reviews that Teleport itself submits, as an Access
// Monitoring Rule with an automatic review says. No user has that name.
const AutomaticReviewer = "@teleport-access-approval-bot"

// Review is one reviewer's vote.
type Review struct {
	// Author is the reviewer's Teleport user name.
	Author string
	// SubmittedBy is the user that submitted the review in the author's name, such
	// as a plugin; usually empty.
	SubmittedBy string
	// State is the proposed state: Approved, Denied or Promoted.
	State State
	// Reason is the reviewer's reason, possibly empty.
	Reason string
	// Created is when the review was submitted.
	Created time.Time
	// Thresholds are the indexes of the request's thresholds that this review
	// counts towards.
	Thresholds []uint32
}

// Threshold says how many votes decide.
type Threshold struct {
	// Name is the threshold's name, possibly empty.
	Name string
	// Approve is the number of approvals needed; 0 means Teleport's default, 1.
	Approve uint32
	// Deny is the number of denials needed; 0 means Teleport's default, 1.
	Deny uint32
}

// Approvals returns the number of approvals needed, at least 1.
func (t Threshold) Approvals() int {
	return int(cmp.Or(t.Approve, 1))
}

// Later reports whether r can only be a later state of the same request than
// other. A resolved request is later than a pending one, and more reviews are
// later than fewer. An approved request may be denied still, but not the other
// way round. Whether one was approved or promoted first, the states do not tell.
//
// The Teleport backend delivers events up to seconds after a list has shown
// their effect, and lists may trail behind events as well; this order keeps
// readers from seeing the past.
func (r Request) Later(other Request) bool {
	if mine, theirs := r.State.stage(), other.State.stage(); mine != theirs {
		return mine > theirs
	}
	return r.State == other.State && len(r.Reviews) > len(other.Reviews)
}

// stage is how far a state is on the way that requests go.
func (s State) stage() int {
	switch s {
	case Pending:
		return 0
	case Denied:
		return 2
	default:
		return 1
	}
}

// AccessEnds returns when the access ends, zero if it does not or if that is not known.
func (r Request) AccessEnds() time.Time {
	for _, end := range []time.Time{r.AccessExpires, r.MaxDuration} {
		if !end.IsZero() && end.Unix() != 0 && r.Kind != Permanent {
			return end
		}
	}
	return time.Time{}
}
