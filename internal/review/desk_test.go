package review_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/review"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

// office is a desk with all around it, in which the click of bob counts.
type office struct {
	desk  *review.Desk
	click messenger.Click

	mu       sync.Mutex
	request  accessrequest.Request
	standing map[messenger.Ref]status.Standing
	person   messenger.Person
	// people are the users by the value of the trait.
	people map[string][]string
	// submit answers a submission, nil as Teleport does.
	submit                   func(accessrequest.Review) error
	readErr, userErr, askErr error
	available                bool

	submitted []accessrequest.Review
	credited  []string
	refreshed int
	looked    int
	notices   []status.Notice
}

var original = messenger.Ref{Channel: "C1", ID: "1"}

func newOffice(spec review.Spec) *office {
	o := &office{
		request: accessrequest.Request{
			ID: "0193f1a2-0000-7000-8000-000000000001", User: "alice", Roles: []string{"dev"}, State: accessrequest.Pending,
		},
		standing:  map[messenger.Ref]status.Standing{original: status.StandingShown},
		person:    messenger.Person{Email: "bob@example.com", EmailConfirmed: true},
		people:    map[string][]string{"U1": {"bob@example.com"}},
		available: true,
	}
	o.desk = review.NewDesk(review.Options{
		Log: logr.Discard(), Engine: o, Teleport: o, Accounts: o,
		Workspace: func() string { return "T1" },
		Available: func() bool { return o.available },
		Notice:    func(n status.Notice) { o.notices = append(o.notices, n) },
	})
	o.desk.Replace(spec)
	o.click = messenger.Click{Ref: original, Approve: true, Value: o.value(), By: "U1", Workspace: "T1"}
	return o
}

// value is that of the buttons as they are shown now.
func (o *office) value() string {
	m := message.New(o.request, accessrequest.Cluster{}).Offer(&message.Buttons{Facts: o.request.FactsDigest()})
	return m.ButtonValue()
}

func (o *office) Posted(id string, ref messenger.Ref) (accessrequest.Request, status.Standing) {
	o.mu.Lock()
	defer o.mu.Unlock()
	standing, ok := o.standing[ref]
	if !ok || id != o.request.ID && o.request.ID != "" {
		return accessrequest.Request{}, status.StandingStranger
	}
	return o.request, standing
}

func (o *office) Credit(_, author string) { o.credited = append(o.credited, author) }

func (o *office) Refresh(context.Context, string) (accessrequest.Request, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.refreshed++
	return o.request, o.askErr
}

func (o *office) LookAgain() { o.looked++ }

func (o *office) ReadAccount(context.Context, string) (messenger.Person, error) {
	return o.person, o.readErr
}

func (o *office) UsersWithTrait(_ context.Context, _, value string) ([]string, error) {
	return o.people[value], o.userErr
}

func (o *office) IsUser(_ context.Context, name string) (bool, error) {
	return name == "bob@example.com", o.userErr
}

func (o *office) SubmitReview(_ context.Context, _ string, r accessrequest.Review) error {
	if o.submit != nil {
		return o.submit(r)
	}
	return o.count(r)
}

// count has Teleport count a review.
func (o *office) count(r accessrequest.Review) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, have := range o.request.Reviews {
		if have.Author == r.Author {
			return accessrequest.ErrReviewedAlready
		}
	}
	o.submitted = append(o.submitted, r)
	o.request.Reviews = append(o.request.Reviews, r)
	return nil
}

// press presses and decides, and returns what the reviewer is told last.
func (o *office) press() string {
	response := o.desk.Press(o.click)
	switch {
	case response.Refused != "":
		return response.Refused
	case response.Form != nil:
		return "form: " + response.Form.Title
	case !strings.HasPrefix(response.Begun, "Your decision is being sent"):
		return "begun with " + response.Begun
	default:
		return o.desk.Decide(context.Background(), o.click)
	}
}

var byTrait = review.Spec{Mode: review.Full, Trait: "slack_uid"}

var byEmail = review.Spec{Mode: review.Full, Domains: []string{"example.com"}}

func TestAClickCounts(t *testing.T) {
	for name, spec := range map[string]review.Spec{"by trait": byTrait, "by e-mail address": byEmail} {
		for approve, want := range map[bool]accessrequest.State{true: accessrequest.Approved, false: accessrequest.Denied} {
			o := newOffice(spec)
			o.click.Approve = approve
			if told := o.press(); !strings.HasSuffix(told, "as bob@example.com") {
				t.Errorf("%s: bob is told %q", name, told)
			}
			if len(o.submitted) != 1 || o.submitted[0].Author != "bob@example.com" || o.submitted[0].State != want {
				t.Errorf("%s: submitted %+v", name, o.submitted)
			}
			if len(o.credited) != 1 || len(o.notices) != 1 || o.notices[0].Reason != status.NoticeReviewSubmitted || o.refreshed != 1 {
				t.Errorf("%s: credited %q, notices %+v, refreshed %d times", name, o.credited, o.notices, o.refreshed)
			}
		}
	}
}

// TestAClickThatMayNotCount reaches neither Teleport nor anyone but who has pressed.
func TestAClickThatMayNotCount(t *testing.T) {
	for name, tt := range map[string]struct {
		spec   review.Spec
		change func(*office)
		want   string
	}{
		"switched off":                {review.Spec{}, func(*office) {}, message.AnswerOff},
		"an unknown mode":             {review.Spec{Mode: "Half", Trait: "t"}, func(*office) {}, message.AnswerOff},
		"approved where only denying": {review.Spec{Mode: review.DenyOnly, Trait: "t"}, func(*office) {}, message.AnswerDenyOnly},
		"a forged value":              {byTrait, func(o *office) { o.click.Value = "x" }, message.AnswerNotOurs},
		"another request's value":     {byTrait, func(o *office) { o.click.Value = "other" + o.click.Value[5:] }, message.AnswerNotOurs},
		"a forwarded copy":            {byTrait, func(o *office) { o.click.Ref.ID = "2" }, message.AnswerNotOurs},
		"another channel":             {byTrait, func(o *office) { o.click.Ref.Channel = "C2" }, message.AnswerNotOurs},
		"records not read":            {byTrait, func(o *office) { o.standing[original] = status.StandingUnknown }, message.AnswerUnavailable},
		"over":                        {byTrait, func(o *office) { o.standing[original] = status.StandingOver }, message.AnswerResolved},
		"decided":                     {byTrait, func(o *office) { o.request.State = accessrequest.Denied }, message.AnswerResolved},
		"gone":                        {byTrait, func(o *office) { o.request = accessrequest.Request{} }, message.AnswerGone},
		"other facts":                 {byTrait, func(o *office) { o.request.Roles = []string{"admin"} }, message.AnswerOutdated},
		"permanent access": {byTrait, func(o *office) {
			o.request.Kind = accessrequest.Permanent
			o.click.Value = o.value()
		}, message.AnswerOff},
		"not shown whole": {byTrait, func(o *office) {
			o.request.Incomplete = true
			o.click.Value = o.value()
		}, message.AnswerOff},
		"another workspace":                {byTrait, func(o *office) { o.click.Workspace = "T2" }, message.AnswerNotTrusted},
		"a guest":                          {byTrait, func(o *office) { o.person.Guest = true }, message.AnswerNotTrusted},
		"a bot":                            {byTrait, func(o *office) { o.person.Bot = true }, message.AnswerNotTrusted},
		"an external one":                  {byTrait, func(o *office) { o.person.External = true }, message.AnswerNotTrusted},
		"a deactivated one":                {byEmail, func(o *office) { o.person.Deactivated = true }, message.AnswerNotTrusted},
		"no such account":                  {byTrait, func(o *office) { o.readErr = &messenger.Error{Class: messenger.RecipientPermanent} }, message.AnswerNotTrusted},
		"chat does not work":               {byTrait, func(o *office) { o.readErr = &messenger.Error{} }, message.AnswerUnavailable},
		"no user":                          {byTrait, func(o *office) { o.people = nil }, message.AnswerNoUser},
		"two users":                        {byTrait, func(o *office) { o.people["U1"] = []string{"bob", "eve"} }, message.AnswerSeveralUsers},
		"users are not read":               {byTrait, func(o *office) { o.userErr = errors.New("no") }, message.AnswerUnavailable},
		"another domain":                   {byEmail, func(o *office) { o.person.Email = "bob@example.org" }, message.AnswerNoUser},
		"a domain below":                   {byEmail, func(o *office) { o.person.Email = "bob@sub.example.com" }, message.AnswerNoUser},
		"two domains":                      {byEmail, func(o *office) { o.person.Email = "bob@evil.org@example.com" }, message.AnswerNoUser},
		"a quoted address":                 {byEmail, func(o *office) { o.person.Email = `"bob"@example.com` }, message.AnswerNoUser},
		"a look-alike":                     {byEmail, func(o *office) { o.person.Email = "bоb@example.com" }, message.AnswerNoUser},
		"an address that is not confirmed": {byEmail, func(o *office) { o.person.EmailConfirmed = false }, message.AnswerNoUser},
		"a user that is not there":         {byEmail, func(o *office) { o.person.Email = "eve@example.com" }, message.AnswerNoUser},
	} {
		o := newOffice(tt.spec)
		tt.change(o)
		if told := o.press(); told != tt.want {
			t.Errorf("%s: the reviewer is told %q, want %q", name, told, tt.want)
		}
		if o.submitted != nil || o.credited != nil {
			t.Errorf("%s: submitted %+v, credited %q", name, o.submitted, o.credited)
		}
	}
}

// TestWhatTeleportAnswers is what the reviewer is told, and nothing is submitted again unless it
// is not known whether it counts.
func TestWhatTeleportAnswers(t *testing.T) {
	lost := errors.New("connection lost")
	for name, tt := range map[string]struct {
		submit   func(*office, accessrequest.Review) error
		want     string
		attempts int
	}{
		"refused":  {func(*office, accessrequest.Review) error { return accessrequest.ErrReviewRefused }, "Teleport refused the review. You may not review this request, or Teleport knows no user named bob@example.com", 1},
		"reviewed": {func(*office, accessrequest.Review) error { return accessrequest.ErrReviewedAlready }, message.AnswerReviewed, 1},
		"resolved": {func(*office, accessrequest.Review) error { return accessrequest.ErrResolved }, message.AnswerResolved, 1},
		"gone":     {func(*office, accessrequest.Review) error { return accessrequest.ErrNoRequest }, message.AnswerGone, 1},
		"too old":  {func(*office, accessrequest.Review) error { return accessrequest.ErrReviewsForUsers }, message.AnswerOff, 1},
		"lost":     {func(*office, accessrequest.Review) error { return lost }, message.AnswerUnclear, 2},
		"lost after it was counted": {func(o *office, r accessrequest.Review) error {
			_ = o.count(r)
			return lost
		}, "Teleport has counted your approval as bob@example.com", 1},
		"lost after the other was counted": {func(o *office, r accessrequest.Review) error {
			r.State = accessrequest.Denied
			_ = o.count(r)
			return lost
		}, message.AnswerReviewed, 1},
	} {
		o := newOffice(byTrait)
		attempts := 0
		o.submit = func(r accessrequest.Review) error {
			attempts++
			return tt.submit(o, r)
		}
		if told := o.press(); told != tt.want || attempts != tt.attempts {
			t.Errorf("%s: after %d attempts, the reviewer is told %q", name, attempts, told)
		}
	}
}

// TestALateReviewCountsOnce: the first submission takes effect after it was looked for.
func TestALateReviewCountsOnce(t *testing.T) {
	o := newOffice(byTrait)
	attempts := 0
	o.submit = func(r accessrequest.Review) error {
		if attempts++; attempts == 1 {
			return errors.New("timeout")
		}
		_ = o.count(r)
		return accessrequest.ErrReviewedAlready
	}
	if told := o.press(); !strings.Contains(told, "has counted") || len(o.submitted) != 1 {
		t.Errorf("the reviewer is told %q, submitted %+v", told, o.submitted)
	}
}

// TestAReasonIsRequired, and asked for once.
func TestAReasonIsRequired(t *testing.T) {
	spec := byTrait
	spec.ReasonRequired = true
	o := newOffice(spec)
	if told := o.press(); told != "form: "+message.FormApprove {
		t.Errorf("the reviewer is told %q", told)
	}
	o.click.Reason = " \u200b "
	if told := o.desk.Decide(context.Background(), o.click); told != message.AnswerNoReason {
		t.Errorf("without a reason the reviewer is told %q", told)
	}
	o.click.Reason = "INC-1 " + strings.Repeat("x", 10_000)
	if told := o.press(); !strings.Contains(told, "has counted") || !strings.HasPrefix(o.submitted[0].Reason, "INC-1 x") || len(o.submitted[0].Reason) > 600 {
		t.Errorf("the reviewer is told %q, submitted %+v", told, o.submitted)
	}
}

// TestFactsChangeWhileTheAccountIsRead: what is submitted is about what the reviewer has read.
func TestFactsChangeWhileTheAccountIsRead(t *testing.T) {
	o := newOffice(byTrait)
	o.desk = review.NewDesk(review.Options{
		Log: logr.Discard(), Engine: o, Teleport: o, Accounts: slow{o}, Workspace: func() string { return "" },
		Available: func() bool { return true },
	})
	o.desk.Replace(byTrait)
	if told := o.press(); told != message.AnswerOutdated || o.submitted != nil || o.refreshed != 1 {
		t.Errorf("the reviewer is told %q, submitted %+v, refreshed %d times", told, o.submitted, o.refreshed)
	}
}

// slow reads accounts while the request changes.
type slow struct{ *office }

func (s slow) ReadAccount(context.Context, string) (messenger.Person, error) {
	s.request.Roles = []string{"admin"}
	return s.person, nil
}

// TestThousandForms of one account: what a form holds can be sent again without another press.
func TestThousandForms(t *testing.T) {
	spec := byTrait
	spec.ReasonRequired = true
	o := newOffice(spec)
	o.click.Reason = "because"
	o.submit = func(r accessrequest.Review) error {
		o.submitted = append(o.submitted, r)
		return accessrequest.ErrReviewRefused
	}
	often := 0
	for range 1000 {
		if o.desk.Decide(t.Context(), o.click) == message.AnswerTooOften {
			often++
		}
	}
	other := o.click
	other.By = "U2"
	o.people["U2"] = []string{"carol"}
	if told := o.desk.Decide(t.Context(), other); often < 990 || len(o.submitted) > 11 || !strings.Contains(told, "carol") {
		t.Errorf("%d of 1000 forms are refused, %d reached Teleport, and another account is told %q", often, len(o.submitted), told)
	}
}

// TestThousandClicks of one account: it is refused, and another is not.
func TestThousandClicks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(byTrait)
		often := 0
		for range 1000 {
			if o.desk.Press(o.click).Refused == message.AnswerTooOften {
				often++
			}
		}
		other := o.click
		other.By = "U2"
		if often < 990 || o.desk.Press(other).Refused != "" {
			t.Errorf("%d of 1000 clicks are refused, another account is answered %+v", often, o.desk.Press(other))
		}
		time.Sleep(time.Minute)
		if told := o.press(); !strings.Contains(told, "has counted") {
			t.Errorf("a minute later the reviewer is told %q", told)
		}
	})
}

// TestTheSameClickTwiceAtOnce is carried out once.
func TestTheSameClickTwiceAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(byTrait)
		attempts := 0
		o.submit = func(r accessrequest.Review) error {
			attempts++
			time.Sleep(time.Second)
			return o.count(r)
		}
		var told [2]string
		var both sync.WaitGroup
		for i := range told {
			both.Go(func() { told[i] = o.press() })
		}
		both.Wait()
		if attempts != 1 || len(o.submitted) != 1 {
			t.Errorf("%d attempts, submitted %+v, told %q", attempts, o.submitted, told)
		}
	})
}

// TestButtons are offered for what can be decided, while clicks are heard of.
func TestButtons(t *testing.T) {
	o := newOffice(byTrait)
	if b := o.desk.Buttons(o.request); b == nil || !b.Approve || b.Facts != o.request.FactsDigest() {
		t.Errorf("buttons %+v", b)
	}
	o.desk.Check()
	looked := o.looked
	o.available = false
	if o.desk.Check(); o.desk.Buttons(o.request) != nil || o.looked != looked+1 {
		t.Errorf("while no click is heard of there are buttons, or messages were not looked at again (%d times)", o.looked-looked)
	}
	o.available = true
	o.desk.Replace(review.Spec{Mode: review.DenyOnly, Trait: "t"})
	if b := o.desk.Buttons(o.request); b == nil || b.Approve {
		t.Errorf("where only denying is possible there are the buttons %+v", b)
	}
	o.desk.Replace(review.Spec{Mode: review.Full, Trait: "t", When: only("bob")})
	if o.desk.Buttons(o.request) != nil || o.press() != message.AnswerOff {
		t.Error("a condition that does not hold makes no difference")
	}
	o.desk.Replace(review.Spec{Mode: review.Full, Trait: "t", When: only("")})
	if p := o.desk.Problem(); p == nil || p.Reason != status.ReasonWhenInvalid || !p.Permanent || o.desk.Buttons(o.request) != nil {
		t.Errorf("an invalid condition: problem %+v", p)
	}
}

// only holds for the requests of one user.
type only string

func (u only) Compile() (review.Condition, error) {
	if u == "" {
		return nil, errors.New(": it is empty")
	}
	return u, nil
}

func (u only) Holds(r accessrequest.Request) (bool, error) { return r.User == string(u), nil }
