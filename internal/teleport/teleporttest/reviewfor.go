package teleporttest

import (
	"github.com/gravitational/teleport/api/types"
	"github.com/gravitational/trace"
	"google.golang.org/protobuf/encoding/protowire"
)

// Fields of AccessReview that newer servers know. The first is from Teleport's RFD 250. The
// number of the second, which asks for the path for plugins, is not confirmed. [I]
const (
	FieldSubmittedBy = 11
	FieldForUser     = 12
)

// SubmitForUsers stands for the role option review_requests.submit_for_users, where a kind of
// resource stands otherwise. The names of users, or "*", are in the place of verbs.
const SubmitForUsers = "submit_for_users"

// reviewsForUsers reports whether the server takes reviews that plugins submit in the name of
// users: since version 19, and since 18.11 of version 18, in Enterprise.
func (o Options) reviewsForUsers() bool {
	major, minor := o.majorMinor()
	return !o.OpenSource && (major >= 19 || major == 18 && minor >= 11)
}

// mayReviewFor returns the error for a review that the caller submits for its author, and
// notes in review who submits it. What is refused is from RFD 250 and the documentation of
// Teleport's own plugin. The texts are not recorded, since this needs an Enterprise server. [I]
func (s *Server) mayReviewFor(c caller, sub *types.AccessReviewSubmission, review *types.AccessReview) error {
	author := sub.Review.Author
	if submittedBy(sub.Review.XXX_unrecognized) != c.user {
		return trace.AccessDenied("the review is not submitted by user %q", c.user)
	}
	if !s.can(c, "*", SubmitForUsers) && !s.can(c, author, SubmitForUsers) {
		return notForOthers(c, author)
	}
	user, ok := s.user(author)
	switch {
	case !ok:
		return trace.NotFound("user %q not found", author)
	case user.Bot:
		return trace.AccessDenied("user %q is a bot, and reviews nothing", author)
	case user.Locked:
		return trace.AccessDenied("user %q is locked", author)
	}
	if err := s.authorize(caller{user: author, roles: user.Roles}, verbReview, types.KindAccessRequest); err != nil {
		return err
	}
	if s.faults.dropsAuthors() {
		review.Author = c.user
		return nil
	}
	review.XXX_unrecognized = rawText(nil, FieldSubmittedBy, c.user)
	return nil
}

// isForUser reports whether the fields that the API module does not know ask for the path for
// plugins.
func isForUser(raw []byte) bool {
	asked := false
	eachRaw(raw, func(number protowire.Number, kind protowire.Type, value []byte) {
		if number == FieldForUser && kind == protowire.VarintType {
			n, _ := protowire.ConsumeVarint(value)
			asked = n != 0
		}
	})
	return asked
}

// submittedBy returns who has submitted a review in its author's name.
func submittedBy(raw []byte) (user string) {
	eachRaw(raw, func(number protowire.Number, kind protowire.Type, value []byte) {
		if number == FieldSubmittedBy && kind == protowire.BytesType {
			text, _ := protowire.ConsumeBytes(value)
			user = string(text)
		}
	})
	return user
}

// eachRaw calls do with each field of a message up to what is none.
func eachRaw(raw []byte, do func(number protowire.Number, kind protowire.Type, value []byte)) {
	for len(raw) > 0 {
		number, kind, n := protowire.ConsumeTag(raw)
		if n < 0 {
			return
		}
		size := protowire.ConsumeFieldValue(number, kind, raw[n:])
		if size < 0 {
			return
		}
		do(number, kind, raw[n:n+size])
		raw = raw[n+size:]
	}
}

// ReviewPluginPermissions are those of Teleport's preset role access-plugin-with-review: those
// of access-plugin, and to find users and to submit reviews for all of them.
func ReviewPluginPermissions() Permissions {
	return PluginPermissions().With(types.KindUser, types.VerbList, types.VerbRead).With(SubmitForUsers, "*")
}
