package teleport

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gravitational/teleport/api/client/proto"
	"github.com/gravitational/teleport/api/mfa"
	"github.com/gravitational/teleport/api/types"
	"github.com/gravitational/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

// reviewing returns a server with users of all sorts and thresholds of two, and a session there
// that may submit reviews for them.
func reviewing(t *testing.T, change ...func(*teleporttest.Options)) (*teleporttest.Server, *SessionHandle, *recorder) {
	t.Helper()
	reviewer := []string{teleporttest.ReviewerRole}
	o := teleporttest.Options{
		Version: "18.11.0", AdvancedAccessWorkflows: true,
		Thresholds: map[string][]teleporttest.Threshold{"editor": {{Approve: 2, Deny: 2}}},
		Users: []teleporttest.User{
			{Name: "alice", Roles: reviewer}, {Name: "bob", Roles: reviewer}, {Name: "carol", Roles: reviewer, Synchronised: true},
			{Name: "eve"}, {Name: "bot-x", Roles: reviewer, Bot: true}, {Name: "locked", Roles: reviewer, Locked: true},
		},
	}
	for _, change := range change {
		change(&o)
	}
	srv := teleporttest.ForTest(t, o)
	s, heard := connectSession(t, srv, issue(t, srv, teleporttest.IdentityOptions{User: "bot-notifier", Roles: []string{teleporttest.ReviewPluginRole}}))
	await(t, heard, "synced", s.Synced)
	return srv, s, heard
}

func approval(author string) accessrequest.Review {
	return accessrequest.Review{Author: author, State: accessrequest.Approved, Reason: "it is fine"}
}

func TestReviewsForUsersDecide(t *testing.T) {
	for _, state := range []accessrequest.State{accessrequest.Approved, accessrequest.Denied} {
		srv, s, heard := reviewing(t)
		id := create(t, srv, teleporttest.RequestSpec{User: "dave"})
		for i, author := range []string{"alice", "carol"} {
			review := approval(author)
			review.State = state
			must(t, s.SubmitReview(t.Context(), id, review))
			await(t, heard, "the review shows", func() bool { r, _ := s.Get(id); return len(r.Reviews) == i+1 })
			r, _ := s.Get(id)
			if got := r.Reviews[i]; got.Author != author || got.SubmittedBy != "bot-notifier" || got.State != state || got.Reason != "it is fine" {
				t.Errorf("the review is %+v", got)
			}
			if want := []accessrequest.State{accessrequest.Pending, state}[i]; r.State != want || r.Incomplete {
				t.Errorf("after %d reviews the request is %s, incomplete %v", i+1, r.State, r.Incomplete)
			}
		}
	}
}

func TestReviewsForUsersThatAreRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		author string
		server func(*teleporttest.Options)
		before func(*testing.T, *teleporttest.Server, string)
		want   error
	}{
		"may not review":  {author: "eve", want: accessrequest.ErrReviewRefused},
		"unknown user":    {author: "nobody", want: accessrequest.ErrReviewRefused},
		"own request":     {author: "bob", want: accessrequest.ErrReviewRefused},
		"a bot":           {author: "bot-x", want: accessrequest.ErrReviewRefused},
		"locked":          {author: "locked", want: accessrequest.ErrReviewRefused},
		"the bot itself":  {author: "bot-notifier", want: accessrequest.ErrReviewRefused},
		"no name":         {author: "", want: accessrequest.ErrReviewRefused},
		"an endless name": {author: strings.Repeat("a", 10_000), want: accessrequest.ErrReviewRefused},
		"no text":         {author: "\xff", want: accessrequest.ErrReviewRefused},
		"reviewed already": {author: "alice", want: accessrequest.ErrReviewedAlready, before: func(t *testing.T, srv *teleporttest.Server, id string) {
			must(t, srv.Review(id, "alice", accessrequest.Denied, ""))
		}},
		"reviewed through a plugin": {author: "alice", want: accessrequest.ErrReviewedAlready, before: func(t *testing.T, srv *teleporttest.Server, id string) {
			must(t, srv.ReviewThrough(id, "bot-other", "alice", accessrequest.Approved, ""))
		}},
		"resolved": {author: "alice", want: accessrequest.ErrResolved, before: func(t *testing.T, srv *teleporttest.Server, id string) {
			must(t, srv.Resolve(id, accessrequest.Denied, ""))
		}},
		"gone": {author: "alice", want: accessrequest.ErrNoRequest, before: func(t *testing.T, srv *teleporttest.Server, id string) {
			must(t, srv.DeleteRequest(id))
		}},
		"the user was deleted": {author: "alice", want: accessrequest.ErrReviewRefused, before: func(_ *testing.T, srv *teleporttest.Server, _ string) {
			srv.DeleteUser("alice")
		}},
		"not for users": {author: "alice", want: accessrequest.ErrReviewsForUsers, before: func(_ *testing.T, srv *teleporttest.Server, _ string) {
			srv.SetPermissions(teleporttest.ReviewPluginRole, teleporttest.PluginPermissions())
		}},
		"for another user": {author: "alice", want: accessrequest.ErrReviewsForUsers, before: func(_ *testing.T, srv *teleporttest.Server, _ string) {
			srv.SetPermissions(teleporttest.ReviewPluginRole, teleporttest.ReviewPluginPermissions().With(teleporttest.SubmitForUsers, "carol"))
		}},
		"the server fails": {author: "alice", want: accessrequest.ErrReviewUnclear, before: func(_ *testing.T, srv *teleporttest.Server, _ string) {
			srv.FailReviews(1, nil)
		}},
		"the server is busy": {author: "alice", want: accessrequest.ErrReviewUnclear, before: func(_ *testing.T, srv *teleporttest.Server, _ string) {
			srv.FailReviews(1, trace.LimitExceeded("too many calls"))
		}},
		"the server lost a race": {author: "alice", want: accessrequest.ErrReviewUnclear, before: func(_ *testing.T, srv *teleporttest.Server, _ string) {
			srv.FailReviews(1, teleporttest.ErrConflict)
		}},
		"the server asks for a second factor": {author: "alice", want: accessrequest.ErrReviewsForUsers, before: func(_ *testing.T, srv *teleporttest.Server, _ string) {
			srv.FailReviews(1, &mfa.ErrAdminActionMFARequired)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			srv, s, _ := reviewing(t)
			id := create(t, srv, teleporttest.RequestSpec{User: "bob"})
			if tt.before != nil {
				tt.before(t, srv, id)
			}
			before, _ := srv.Request(id)
			err := s.SubmitReview(t.Context(), id, approval(tt.author))
			if !errors.Is(err, tt.want) {
				t.Errorf("the error is %v, want %v", err, tt.want)
			}
			if strings.Contains(err.Error(), "bot-notifier") || strings.Contains(err.Error(), "nobody") {
				t.Errorf("%q repeats what Teleport says", err)
			}
			if after, _ := srv.Request(id); len(after.Reviews) != len(before.Reviews) || after.State != before.State {
				t.Errorf("the refused review has changed the request to %+v", after)
			}
			calls := srv.Calls()
			if calls["SubmitAccessReview"] > 1 || calls["SetAccessRequestState"] > 0 {
				t.Errorf("the calls are %v", calls)
			}
		})
	}
}

func TestAReviewForAUserIsSentOnceAndItsOutcomeUnclearWhenTheAnswerIsLost(t *testing.T) {
	srv, s, heard := reviewing(t)
	id := create(t, srv, teleporttest.RequestSpec{User: "dave"})
	srv.LoseReviewAnswers(1)
	if err := s.SubmitReview(t.Context(), id, approval("alice")); !errors.Is(err, accessrequest.ErrReviewUnclear) {
		t.Errorf("the error is %v", err)
	}
	await(t, heard, "the review shows", func() bool { r, _ := s.Get(id); return len(r.Reviews) == 1 })
	if err := s.SubmitReview(t.Context(), id, approval("alice")); !errors.Is(err, accessrequest.ErrReviewedAlready) {
		t.Errorf("a second press ends with %v", err)
	}
	if got, _ := srv.Request(id); len(got.Reviews) != 1 || srv.Calls()["SubmitAccessReview"] != 2 {
		t.Errorf("%d reviews by %v", len(got.Reviews), srv.Calls())
	}
}

func TestWhatCannotBeSent(t *testing.T) {
	srv, s, heard := reviewing(t)
	id := create(t, srv, teleporttest.RequestSpec{User: "dave"})
	for name, state := range map[string]accessrequest.State{"promotion": accessrequest.Promoted, "pending": accessrequest.Pending, "nothing": ""} {
		if err := s.SubmitReview(t.Context(), id, accessrequest.Review{Author: "alice", State: state}); !errors.Is(err, accessrequest.ErrReviewNotSent) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := s.SubmitReview(t.Context(), "<!channel>", approval("alice")); !errors.Is(err, accessrequest.ErrNoRequest) {
		t.Errorf("what is no id: %v", err)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.SubmitReview(over, id, approval("alice")); !errors.Is(err, accessrequest.ErrReviewNotSent) || !errors.Is(err, context.Canceled) {
		t.Errorf("a caller that has given up: %v", err)
	}
	must(t, srv.RefuseConnections(true))
	await(t, heard, "disconnected", func() bool { return !s.Status().Connected })
	if err := s.SubmitReview(t.Context(), id, approval("alice")); !errors.Is(err, accessrequest.ErrReviewNotSent) {
		t.Errorf("without a connection: %v", err)
	}
	if srv.Calls()["SubmitAccessReview"] > 0 {
		t.Error("something was sent")
	}
}

// TestServersThatTakeNoReviewsForUsers covers those that are never asked, and that an older one
// refuses what is asked all the same.
func TestServersThatTakeNoReviewsForUsers(t *testing.T) {
	for version, tt := range map[string]struct{ openSource, noWorkflows, want bool }{
		"15.1.9":         {},
		"18.7.3":         {},
		"18.10.9":        {},
		"18.11.0":        {want: true},
		"18.11.0-rc.1":   {want: true},
		"18.111.0":       {want: true},
		"19.0.0":         {want: true},
		"20.1.0":         {want: true},
		"19.0.1":         {openSource: true},
		"19.0.2":         {noWorkflows: true},
		"19.0.3-dev.abc": {want: true},
	} {
		srv, s, _ := reviewing(t, func(o *teleporttest.Options) {
			o.Version, o.OpenSource, o.AdvancedAccessWorkflows = version, tt.openSource, !tt.noWorkflows
		})
		if got := s.Cluster().ReviewsForUsers; got != tt.want {
			t.Errorf("%s takes reviews for users: %v", version, got)
		}
		id := create(t, srv, teleporttest.RequestSpec{User: "dave"})
		err := s.SubmitReview(t.Context(), id, approval("alice"))
		if got := srv.Calls()["SubmitAccessReview"] > 0; errors.Is(err, accessrequest.ErrReviewsForUsers) == tt.want || got != tt.want {
			t.Errorf("%s: asked %v, %v", version, got, err)
		}
		if tt.want {
			continue
		}
		s.mu.RLock()
		l := s.connection
		s.mu.RUnlock()
		l.cluster.ReviewsForUsers = true
		if err := s.SubmitReview(t.Context(), id, approval("alice")); tt.noWorkflows != (err == nil) ||
			err != nil && !errors.Is(err, accessrequest.ErrReviewsForUsers) {
			t.Errorf("%s, asked all the same: %v", version, err)
		}
	}
	for _, version := range []string{"", "19", "x.y", "18.x", "-1.11", "18.11"} {
		if got := takesReviewsForUsers(accessrequest.Cluster{ServerVersion: version, WebReviews: true}); got != (version == "18.11") {
			t.Errorf("version %q: %v", version, got)
		}
	}
}

// TestAServerThatIgnoresTheAuthor is about one that counts the review as one of the bot: nothing
// more is sent, also after the identity was renewed.
func TestAServerThatIgnoresTheAuthor(t *testing.T) {
	srv, s, heard := reviewing(t)
	id := create(t, srv, teleporttest.RequestSpec{User: "dave"})
	srv.DropAuthors(true)
	heardBefore := heard.statusCount()
	for range 2 {
		if err := s.SubmitReview(t.Context(), id, approval("alice")); !errors.Is(err, accessrequest.ErrReviewsForUsers) {
			t.Errorf("the error is %v", err)
		}
	}
	if s.Cluster().ReviewsForUsers || heard.statusCount() == heardBefore {
		t.Error("the status does not say that it takes no reviews for users")
	}
	s.SetIdentity(issue(t, srv, teleporttest.IdentityOptions{User: "bot-notifier", Roles: []string{teleporttest.ReviewPluginRole}, TTL: 2 * time.Hour}))
	await(t, heard, "the identity is new", func() bool { return time.Until(s.Status().IdentityNotAfter) > time.Hour+time.Minute })
	if err := s.SubmitReview(t.Context(), id, approval("carol")); !errors.Is(err, accessrequest.ErrReviewsForUsers) || s.Cluster().ReviewsForUsers {
		t.Errorf("after a new identity: %v", err)
	}
	if n := srv.Calls()["SubmitAccessReview"]; n != 1 {
		t.Errorf("%d reviews were sent", n)
	}
}

// answering runs a session at a fake server that answers each submission by answer.
func answering(t *testing.T, answer func(context.Context, types.AccessReviewSubmission) (*types.AccessRequestV3, error)) *SessionHandle {
	t.Helper()
	server := &fakeServer{version: "19.1.0", features: &proto.Features{AdvancedAccessWorkflows: true}, onReview: answer}
	s, _ := startSession(t, server, fakeIdentity("bot"))
	return s
}

// TestHostileAnswersToReviews covers what no server should say. None of it is taken for success,
// and only a clear refusal for one.
func TestHostileAnswersToReviews(t *testing.T) {
	by := func(author string, state types.RequestState, raw []byte) types.AccessReview {
		return types.AccessReview{Author: author, ProposedState: state, XXX_unrecognized: raw}
	}
	const approved, denied = types.RequestState_APPROVED, types.RequestState_DENIED
	for name, tt := range map[string]struct {
		id      string
		reviews []types.AccessReview
		err     error
		thrown  bool
		want    error
	}{
		"as it should be":        {id: "id", reviews: []types.AccessReview{by("alice", approved, forUser("bot"))}},
		"beside others":          {id: "id", reviews: []types.AccessReview{by("bob", denied, nil), by("alice", approved, forUser("bot"))}},
		"another request":        {id: "other", reviews: []types.AccessReview{by("alice", approved, forUser("bot"))}, want: accessrequest.ErrReviewUnclear},
		"another decision":       {id: "id", reviews: []types.AccessReview{by("alice", denied, forUser("bot"))}, want: accessrequest.ErrReviewUnclear},
		"no reviews":             {id: "id", want: accessrequest.ErrReviewsForUsers},
		"a review of the bot":    {id: "id", reviews: []types.AccessReview{by("bot", approved, forUser("bot"))}, want: accessrequest.ErrReviewsForUsers},
		"not through a plugin":   {id: "id", reviews: []types.AccessReview{by("alice", approved, nil)}, want: accessrequest.ErrReviewsForUsers},
		"fields that are none":   {id: "id", reviews: []types.AccessReview{by("alice", approved, []byte{0xff})}, want: accessrequest.ErrReviewsForUsers},
		"a look-alike":           {id: "id", reviews: []types.AccessReview{by("аlice", approved, forUser("bot"))}, want: accessrequest.ErrReviewsForUsers},
		"nothing at all":         {want: accessrequest.ErrReviewUnclear},
		"what makes it panic":    {thrown: true, want: accessrequest.ErrReviewUnclear},
		"an answer too large":    {err: status.Error(codes.ResourceExhausted, "grpc: received message larger than max"), want: accessrequest.ErrReviewUnclear},
		"no answer":              {err: context.DeadlineExceeded, want: accessrequest.ErrReviewUnclear},
		"an error of its own":    {err: errors.New("already reviewed"), want: accessrequest.ErrReviewUnclear},
		"an unknown method":      {err: trace.NotImplemented("unknown method"), want: accessrequest.ErrReviewsForUsers},
		"there is one already":   {err: trace.AlreadyExists("there is one"), want: accessrequest.ErrReviewedAlready},
		"reviewed, by the text":  {err: trace.AccessDenied("user %q has already reviewed this request", "alice"), want: accessrequest.ErrReviewedAlready},
		"resolved, by the text":  {err: trace.AccessDenied("the access request has been already approved"), want: accessrequest.ErrResolved},
		"the request is gone":    {err: trace.NotFound("no access request matching %q", "id"), want: accessrequest.ErrNoRequest},
		"some other parameter":   {err: trace.BadParameter("bad"), want: accessrequest.ErrReviewRefused},
		"a second factor is due": {err: trace.NewAggregate(&mfa.ErrAdminActionMFARequired, errors.New("no prompt")), want: accessrequest.ErrReviewsForUsers},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sent := 0
				s := answering(t, func(context.Context, types.AccessReviewSubmission) (*types.AccessRequestV3, error) {
					if sent++; tt.thrown {
						panic("thrown")
					}
					if tt.id == "" {
						return nil, tt.err
					}
					r := fakeRequest(tt.id, types.RequestState_PENDING)
					r.Spec.Reviews = tt.reviews
					return r, tt.err
				})
				err := s.SubmitReview(t.Context(), "id", approval("alice"))
				if !errors.Is(err, tt.want) || tt.want != nil && err == nil {
					t.Errorf("the error is %v, want %v", err, tt.want)
				}
				if sent != 1 {
					t.Errorf("it was sent %d times", sent)
				}
			})
		})
	}
}

func TestReviewsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sent types.AccessReviewSubmission
		s := answering(t, func(ctx context.Context, sub types.AccessReviewSubmission) (*types.AccessRequestV3, error) {
			sent = sub
			<-ctx.Done()
			return nil, ctx.Err()
		})
		began := time.Now()
		review := approval("alice")
		review.Reason = strings.Repeat("é", maxText) + "\xff"
		if err := s.SubmitReview(t.Context(), "id", review); !errors.Is(err, accessrequest.ErrReviewUnclear) {
			t.Errorf("no answer is %v", err)
		}
		if took := time.Since(began); took != callTimeout {
			t.Errorf("it took %v", took)
		}
		if got := sent.Review.Reason; len(got) != maxText || !strings.HasPrefix(review.Reason, got) {
			t.Errorf("the reason has %d bytes", len(got))
		}
		if !sent.Review.Created.Equal(began) {
			t.Errorf("it was created at %v", sent.Review.Created)
		}
	})
}

// rawCodec hands messages over as they are on the wire.
type rawCodec struct{}

func (rawCodec) Name() string { return "proto" }

func (rawCodec) Marshal(v any) ([]byte, error) { return *v.(*[]byte), nil }

func (rawCodec) Unmarshal(data []byte, v any) error {
	*v.(*[]byte) = append([]byte(nil), data...)
	return nil
}

// TestReviewOnTheWire looks at the bytes that a server gets: two fields of them the API module
// does not know.
func TestReviewOnTheWire(t *testing.T) {
	var method string
	var got []byte
	server := grpc.NewServer(grpc.ForceServerCodec(rawCodec{}), grpc.UnknownServiceHandler(func(_ any, stream grpc.ServerStream) error {
		method, _ = grpc.MethodFromServerStream(stream)
		if err := stream.RecvMsg(&got); err != nil {
			return err
		}
		return status.Error(codes.Unavailable, "enough was seen")
	}))
	lis := listen(t)
	go func() { _ = server.Serve(lis) }()
	t.Cleanup(server.Stop)
	conn, err := grpc.NewClient(lis.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	must(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	api := &apiClient{auth: proto.NewAuthServiceClient(conn)}

	fake := &fakeServer{version: "19.1.0", features: &proto.Features{AdvancedAccessWorkflows: true}, onReview: api.SubmitReview}
	pool := NewPool(Options{Connect: fake.connect})
	s := pool.Acquire(Key{Address: "teleport.example.com:443"}, fakeIdentity("bot"))
	heard := newRecorder()
	s.Subscribe(heard)
	s.WatchStatus(heard.statusChanged)
	runPool(t, pool)
	await(t, heard, "synced", s.Synced)
	err = s.SubmitReview(t.Context(), "abc", accessrequest.Review{
		Author: "alice", State: accessrequest.Denied, Reason: "no", Created: time.Unix(1, 0), SubmittedBy: "mallory",
	})
	if !errors.Is(err, accessrequest.ErrReviewUnclear) || method != "/proto.AuthService/SubmitAccessReview" {
		t.Fatalf("%s ended with %v", method, err)
	}
	want := "0a03" + hex.EncodeToString([]byte("abc")) + // RequestID = 1
		"121a" + // Review = 2
		"0a05" + hex.EncodeToString([]byte("alice")) + // Author = 1
		"1803" + // ProposedState = 3: DENIED
		"2202" + hex.EncodeToString([]byte("no")) + // Reason = 4
		"2a02" + "0801" + // Created = 5: one second
		"3200" + // Annotations = 6: none
		"5a03" + hex.EncodeToString([]byte("bot")) + // SubmittedBy = 11
		"6001" // 12: true
	if fmt.Sprintf("%x", got) != want {
		t.Errorf("on the wire it is\n%x, want\n%s", got, want)
	}
}
