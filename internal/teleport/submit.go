package teleport

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gravitational/teleport/api/mfa"
	"github.com/gravitational/teleport/api/types"
	"google.golang.org/grpc/codes"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// takesReviewsForUsers reports whether a server counts reviews that a plugin submits in the
// name of the user who decides: Enterprise ones since version 19, and since 18.11 of version 18
// (gravitational/teleport#66230 and #69386).
func takesReviewsForUsers(c accessrequest.Cluster) bool {
	parts := strings.SplitN(c.ServerVersion, ".", 3)
	if len(parts) < 2 || !c.WebReviews {
		return false
	}
	major, err := strconv.Atoi(parts[0])
	if err != nil {
		return false
	}
	minor, err := strconv.Atoi(parts[1])
	return err == nil && (major > 18 || major == 18 && minor >= 11)
}

// SubmitReview asks Teleport to count the review of r.Author, a user who is not the identity's.
// Teleport judges whether the user may review the request id. The State of the review is
// Approved or Denied, and its Reason is cut at 4,096 bytes.
//
// The error wraps one of those that package accessrequest has for this. The submission takes
// no longer than ten seconds, is sent at most once, and nothing else is tried in its place.
func (s *Session) SubmitReview(ctx context.Context, id string, r accessrequest.Review) error {
	submission, err := submissionOf(id, r)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%w: %w", accessrequest.ErrReviewNotSent, err)
	}
	var outcome error
	sent := false
	err = s.callOn(ctx, callTimeout, func(ctx context.Context, l *connection) error {
		switch {
		case !l.cluster.ReviewsForUsers || s.ignoresAuthors(l.cluster.ServerVersion):
			outcome = accessrequest.ErrReviewsForUsers
			return nil
		case r.Author == l.id.User:
			outcome = fmt.Errorf("%w: a notifier reviews nothing itself", accessrequest.ErrReviewRefused)
			return nil
		}
		submission.Review.XXX_unrecognized = forUser(l.id.User)
		sent = true
		outcome = s.submit(ctx, l, submission)
		return nil
	})
	switch {
	case err == nil:
		return outcome
	case sent:
		return fmt.Errorf("%w: %w", accessrequest.ErrReviewUnclear, err)
	default:
		return fmt.Errorf("%w: %w", accessrequest.ErrReviewNotSent, err)
	}
}

// submissionOf returns what is sent for a review, but for who submits it.
func submissionOf(id string, r accessrequest.Review) (types.AccessReviewSubmission, error) {
	var proposed types.RequestState
	switch r.State {
	case accessrequest.Approved:
		proposed = types.RequestState_APPROVED
	case accessrequest.Denied:
		proposed = types.RequestState_DENIED
	default:
		return types.AccessReviewSubmission{}, fmt.Errorf("%w: a review cannot propose %q", accessrequest.ErrReviewNotSent, r.State)
	}
	switch {
	case !isID(id):
		return types.AccessReviewSubmission{}, accessrequest.ErrNoRequest
	case !isUserName(r.Author):
		return types.AccessReviewSubmission{}, fmt.Errorf("%w: no user has such a name", accessrequest.ErrReviewRefused)
	}
	if r.Created.IsZero() {
		r.Created = time.Now()
	}
	in := &reader{}
	return types.AccessReviewSubmission{RequestID: id, Review: types.AccessReview{
		Author: r.Author, ProposedState: proposed, Reason: in.text(r.Reason), Created: r.Created.UTC(),
	}}, nil
}

// isUserName reports whether a text is sent as the name of a user.
func isUserName(name string) bool {
	return name != "" && len(name) <= maxName && utf8.ValidString(name)
}

// submit sends a submission, and returns what came of it.
func (s *Session) submit(ctx context.Context, l *connection, sub types.AccessReviewSubmission) error {
	answer, err := l.client.SubmitReview(ctx, sub)
	if err != nil {
		return l.refusal(ctx, sub, err)
	}
	if answer.GetName() != sub.RequestID {
		return fmt.Errorf("%w: Teleport answered about another request", accessrequest.ErrReviewUnclear)
	}
	in := &reader{}
	for _, review := range answer.Spec.Reviews {
		if review.Author != sub.Review.Author || in.unknownOfReview(review.XXX_unrecognized) == "" {
			continue
		}
		if review.ProposedState != sub.Review.ProposedState {
			return fmt.Errorf("%w: Teleport answered with another decision", accessrequest.ErrReviewUnclear)
		}
		return nil
	}
	s.noteIgnored(l.cluster.ServerVersion, sub.RequestID)
	return fmt.Errorf("%w: Teleport does not name the user in the review", accessrequest.ErrReviewsForUsers)
}

// noteIgnored notes that a server does not name in a review who has decided. It may have counted
// the review as one of the identity's own user, which must not happen again.
func (s *Session) noteIgnored(version, request string) {
	if s.ignoresAuthors(version) {
		return
	}
	s.mu.Lock()
	s.ignoring = version
	s.mu.Unlock()
	s.log.Error(nil, "Teleport has taken a review without naming the user who decided, nothing more is decided in chat: "+
		"look for the review in the audit log, and report the server's version", "version", version, "request", request)
	s.watchers.each(func(changed func()) { changed() })
}

// ignoresAuthors reports whether a server of this version was noted.
func (s *Session) ignoresAuthors(version string) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.ignoring != "" && s.ignoring == version
}

const (
	// notForOthers is what a server says to an identity that may not submit reviews for a user,
	// and an older one to each (step "plugin submits review" of the recordings).
	notForOthers = "cannot submit reviews on behalf of"
	// alreadyReviewed and alreadyResolved are what it may say of a request that the list still
	// shows without. Their texts are not recorded.
	alreadyReviewed = "already reviewed"
	alreadyResolved = "been already "
)

// refusal returns why a submission was refused, or ErrReviewUnclear for what is no refusal.
// Codes tell those apart, and the request itself tells why: texts differ between versions.
func (l *connection) refusal(ctx context.Context, sub types.AccessReviewSubmission, err error) error {
	code, text := codeOf(err), err.Error()
	switch {
	case code == codes.Unimplemented, strings.Contains(text, mfa.ErrAdminActionMFARequired.Message):
		return wrapRefusal(accessrequest.ErrReviewsForUsers, err)
	case code != codes.PermissionDenied && code != codes.NotFound && code != codes.InvalidArgument && code != codes.AlreadyExists:
		return wrapRefusal(accessrequest.ErrReviewUnclear, err)
	case strings.Contains(text, notForOthers):
		return wrapRefusal(accessrequest.ErrReviewsForUsers, err)
	}
	seen, failure := ask(ctx, l.client, sub.RequestID)
	switch {
	case seen != nil && seen.State.Resolved():
		return wrapRefusal(accessrequest.ErrResolved, err)
	case seen != nil && reviewedBy(*seen, sub.Review.Author):
		return wrapRefusal(accessrequest.ErrReviewedAlready, err)
	case seen == nil && code == codes.NotFound && (failure == nil || strings.Contains(text, sub.RequestID)):
		return wrapRefusal(accessrequest.ErrNoRequest, err)
	case strings.Contains(text, alreadyReviewed), code == codes.AlreadyExists:
		return wrapRefusal(accessrequest.ErrReviewedAlready, err)
	case strings.Contains(text, alreadyResolved):
		return wrapRefusal(accessrequest.ErrResolved, err)
	default:
		return wrapRefusal(accessrequest.ErrReviewRefused, err)
	}
}

func reviewedBy(r accessrequest.Request, author string) bool {
	for _, review := range r.Reviews {
		if review.Author == author {
			return true
		}
	}
	return false
}

// refusedError is a refusal with what Teleport has said, which is not shown: it may repeat
// what others typed.
type refusedError struct {
	reason, cause error
}

// wrapRefusal returns reason with the cause, and with its code alone in the text.
func wrapRefusal(reason, cause error) error {
	return &refusedError{reason: reason, cause: cause}
}

// Error implements error.
func (e *refusedError) Error() string {
	return fmt.Sprintf("%v (%s)", e.reason, codeOf(e.cause))
}

// Unwrap returns both errors.
func (e *refusedError) Unwrap() []error {
	return []error{e.reason, e.cause}
}
