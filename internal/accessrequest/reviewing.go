package accessrequest

import (
	"errors"
	"slices"
)

// Why Teleport did not count a review that was submitted for a user. Only after ErrReviewUnclear
// it may have counted the review.
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
	// identity, or not for this user, and has counted none in the name of the user.
	ErrReviewsForUsers = errors.New("reviews for users are not taken")
	// ErrReviewNotSent means that Teleport could not be asked.
	ErrReviewNotSent = errors.New("the review was not sent")
	// ErrReviewUnclear means that it is not known whether the review was counted, or still will be.
	ErrReviewUnclear = errors.New("it is not known whether the review was counted")
)

// SubmittedThrough returns the request with the reviews of some authors submitted through a
// service, as readers call it, in place of the user that has submitted them.
func (r Request) SubmittedThrough(service string, authors []string) Request {
	if len(authors) == 0 {
		return r
	}
	r.Reviews = slices.Clone(r.Reviews)
	for i, review := range r.Reviews {
		if review.SubmittedBy != "" && slices.Contains(authors, review.Author) {
			r.Reviews[i].SubmittedBy = service
		}
	}
	return r
}
