package accessrequest

import "errors"

// Why Teleport did not count a review that was submitted for a user. After any other failure it
// is not known whether it did.
var (
	// ErrReviewRefused means that the user may not review the request, or that there is no
	// such user: Teleport does not tell the two apart.
	ErrReviewRefused = errors.New("the review was refused")
	// ErrReviewedAlready means that there is a review of the user.
	ErrReviewedAlready = errors.New("the request was reviewed by the user already")
	// ErrResolved means that the request is decided.
	ErrResolved = errors.New("the request is resolved")
	// ErrNoRequest means that Teleport does not have the request.
	ErrNoRequest = errors.New("no such request")
	// ErrReviewsForUsers means that the server takes no reviews for users, or not from this
	// identity, and has counted none.
	ErrReviewsForUsers = errors.New("reviews for users are not taken")
)
