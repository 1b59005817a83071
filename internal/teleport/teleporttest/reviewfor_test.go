package teleporttest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/gravitational/teleport/api/client"
	usersv1 "github.com/gravitational/teleport/api/gen/proto/go/teleport/users/v1"
	"github.com/gravitational/teleport/api/types"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// submission is a review that a plugin submits for author, as plugins of newer servers do.
func submission(id, author, submittedBy string) types.AccessReviewSubmission {
	return types.AccessReviewSubmission{RequestID: id, Review: types.AccessReview{
		Author: author, ProposedState: types.RequestState_APPROVED,
		XXX_unrecognized: RawVarint(rawText(nil, FieldSubmittedBy, submittedBy), FieldForUser, 1),
	}}
}

func reviewsOfServer(t *testing.T, version string) (*Server, *client.Client) {
	t.Helper()
	reviewer := []string{ReviewerRole}
	s := ForTest(t, Options{
		Version: version,
		Users: []User{
			{Name: "alice", Roles: reviewer}, {Name: "bob", Roles: reviewer}, {Name: "eve"},
			{Name: "bot-x", Roles: reviewer, Bot: true}, {Name: "locked", Roles: reviewer, Locked: true},
		},
		Thresholds: map[string][]Threshold{"editor": {{Approve: 2}}},
	})
	return s, connect(t, s, ReviewPluginRole)
}

func TestReviewsForUsers(t *testing.T) {
	s, clt := reviewsOfServer(t, "18.11.0")
	w := watchRequests(t, clt)
	id := must(s.CreateRequest(RequestSpec{User: "dave"}))(t)
	nextEvent(t, w)
	for _, author := range []string{"alice", "bob"} {
		must(clt.SubmitAccessReview(t.Context(), submission(id, author, ReviewPluginRole)))(t)
		seen, _ := nextEvent(t, w).Resource.(*types.AccessRequestV3)
		last := seen.Spec.Reviews[len(seen.Spec.Reviews)-1]
		if last.Author != author || string(last.XXX_unrecognized) != string(rawText(nil, FieldSubmittedBy, ReviewPluginRole)) {
			t.Errorf("the review is %+v", last)
		}
	}
	got, _ := s.Request(id)
	if got.State != accessrequest.Approved || got.Reviews[1].SubmittedBy != ReviewPluginRole {
		t.Errorf("the request is %+v", got)
	}
}

func TestReviewsForUsersAreRefused(t *testing.T) {
	forged := submission("", "alice", "another-plugin")
	unasked := submission("", "alice", ReviewPluginRole)
	unasked.Review.XXX_unrecognized = rawText(nil, FieldSubmittedBy, ReviewPluginRole)
	for name, tt := range map[string]struct {
		version    string
		sub        types.AccessReviewSubmission
		allow      []string
		kind, text string
	}{
		"an unknown user":           {sub: submission("", "unknown", ReviewPluginRole), kind: "NotFound", text: `user "unknown" not found`},
		"one who may not review":    {sub: submission("", "eve", ReviewPluginRole), kind: "AccessDenied", text: `"review" on "access_request"`},
		"a bot":                     {sub: submission("", "bot-x", ReviewPluginRole), kind: "AccessDenied", text: "is a bot"},
		"a locked user":             {sub: submission("", "locked", ReviewPluginRole), kind: "AccessDenied", text: "is locked"},
		"in another plugin's name":  {sub: forged, kind: "AccessDenied", text: "is not submitted by"},
		"without asking for it":     {sub: unasked, kind: "AccessDenied", text: "on behalf of"},
		"users who are not allowed": {sub: submission("", "alice", ReviewPluginRole), allow: []string{"bob"}, kind: "AccessDenied", text: "on behalf of"},
		"no users are allowed":      {sub: submission("", "alice", ReviewPluginRole), allow: []string{}, kind: "AccessDenied", text: "on behalf of"},
		"an older server":           {version: "18.10.0", sub: submission("", "alice", ReviewPluginRole), kind: "AccessDenied", text: "on behalf of"},
		"an old server":             {version: "17.2.1", sub: submission("", "alice", ReviewPluginRole), kind: "AccessDenied", text: "on behalf of"},
	} {
		t.Run(name, func(t *testing.T) {
			if tt.version == "" {
				tt.version = "19.0.0"
			}
			s, clt := reviewsOfServer(t, tt.version)
			if tt.allow != nil {
				s.SetPermissions(ReviewPluginRole, ReviewPluginPermissions().With(SubmitForUsers, tt.allow...))
			}
			tt.sub.RequestID = must(s.CreateRequest(RequestSpec{User: "dave"}))(t)
			_, err := clt.SubmitAccessReview(t.Context(), tt.sub)
			wantErr(t, err, tt.kind, tt.text)
			if got, _ := s.Request(tt.sub.RequestID); len(got.Reviews) > 0 {
				t.Errorf("it was counted: %+v", got.Reviews)
			}
		})
	}
	s, clt := reviewsOfServer(t, "19.0.0")
	s.SetPermissions(ReviewPluginRole, ReviewPluginPermissions().With(SubmitForUsers, "bob"))
	id := must(s.CreateRequest(RequestSpec{User: "alice"}))(t)
	must(clt.SubmitAccessReview(t.Context(), submission(id, "bob", ReviewPluginRole)))(t)
	_, err := clt.SubmitAccessReview(t.Context(), submission(id, "bob", ReviewPluginRole))
	wantErr(t, err, "AccessDenied", "already reviewed")
	s.SetPermissions(ReviewPluginRole, ReviewPluginPermissions())
	_, err = clt.SubmitAccessReview(t.Context(), submission(id, "alice", ReviewPluginRole))
	wantErr(t, err, "AccessDenied", "own requests")
}

func TestFaultsOfReviews(t *testing.T) {
	s, clt := reviewsOfServer(t, "19.0.0")
	id := must(s.CreateRequest(RequestSpec{User: "dave"}))(t)
	reviews := func() int { r, _ := s.Request(id); return len(r.Reviews) }
	s.FailReviews(1, nil)
	_, err := clt.SubmitAccessReview(t.Context(), submission(id, "alice", ReviewPluginRole))
	if wantErr(t, err, "ConnectionProblem", ""); reviews() != 0 {
		t.Error("a review that failed was counted")
	}
	s.LoseReviewAnswers(1)
	_, err = clt.SubmitAccessReview(t.Context(), submission(id, "alice", ReviewPluginRole))
	if wantErr(t, err, "ConnectionProblem", ""); reviews() != 1 {
		t.Error("a review whose answer was lost was not counted")
	}
	s.DropAuthors(true)
	must(clt.SubmitAccessReview(t.Context(), submission(id, "bob", ReviewPluginRole)))(t)
	if r, _ := s.Request(id); r.Reviews[1].Author != ReviewPluginRole {
		t.Errorf("the review is of %s", r.Reviews[1].Author)
	}
}

func TestListsOfUsers(t *testing.T) {
	s := ForTest(t, Options{Users: []User{{Name: "bot-x", Bot: true}, {Name: "sso", Synchronised: true}}})
	for i := range 500 {
		s.SetUser(User{Name: fmt.Sprintf("user-%03d", i), Traits: map[string][]string{"uid": {fmt.Sprint(i)}}})
	}
	s.DeleteUser("user-007")
	clt := connect(t, s, ReviewPluginRole)
	var names []string
	pages, req := 0, &usersv1.ListUsersRequest{PageSize: 1000}
	for {
		page := must(clt.ListUsers(t.Context(), req))(t)
		pages++
		for _, user := range page.Users {
			names = append(names, user.GetName())
			if user.IsBot() != (user.GetName() == "bot-x") || (user.GetUserType() == types.UserTypeSSO) != (user.GetName() == "sso") {
				t.Errorf("the user is %+v", user)
			}
		}
		if req.PageToken = page.NextPageToken; req.PageToken == "" {
			break
		}
	}
	if len(names) != 501 || pages != 3 || !slices.IsSorted(names) || slices.Contains(names, "user-007") {
		t.Errorf("%d users on %d pages", len(names), pages)
	}
	for _, verb := range []string{types.VerbList, types.VerbRead} {
		s.SetPermissions(ReviewPluginRole, Permissions{types.KindUser: {verb}})
		_, err := clt.ListUsers(t.Context(), req)
		wantErr(t, err, "AccessDenied", `on "user"`)
	}
	s.SetPermissions(ReviewPluginRole, ReviewPluginPermissions())
	s.EndlessUsers(3)
	first, second := must(clt.ListUsers(t.Context(), req))(t), must(clt.ListUsers(t.Context(), req))(t)
	if len(first.Users) != 3 || first.NextPageToken == second.NextPageToken {
		t.Errorf("pages without an end: %v, %v", first, second)
	}
	s.EndlessUsers(-1)
	if page := must(clt.ListUsers(t.Context(), &usersv1.ListUsersRequest{}))(t); len(page.Users) != maxUserPage {
		t.Errorf("%d users", len(page.Users))
	}
}
