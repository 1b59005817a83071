package announce

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/routing"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

// TestEachNoticeIsGivenOnceUntilItIsOver tells each thing twice, ends it, and tells it again.
func TestEachNoticeIsGivenOnceUntilItIsOver(t *testing.T) {
	failure := &messenger.Error{Class: messenger.RecipientPermanent, Call: "post", Code: "gone"}
	channel, person := routing.Recipient{Name: "ops"}, routing.Recipient{Name: "eve@example.com", Person: true}
	for name, tt := range map[string]struct {
		tell, over func(*Announcer)
		want       string
		// restored is set where the owner hears of the end as well.
		restored bool
	}{
		"a recipient cannot be found": {
			tell: func(a *Announcer) { a.RecipientBroken(channel, failure, nil) },
			over: func(a *Announcer) { a.RecipientWorks(channel) },
			want: status.NoticeRecipientFailed, restored: true,
		},
		"a recipient that is named no more": {
			tell: func(a *Announcer) { a.RecipientBroken(channel, failure, nil) },
			over: func(a *Announcer) { a.ForgetRecipients([]routing.Recipient{channel}) },
			want: status.NoticeRecipientFailed,
		},
		"a reviewer cannot be found": {
			tell: func(a *Announcer) { a.RecipientBroken(person, failure, []string{"r1"}) },
			over: func(a *Announcer) { a.RecipientWorks(person) },
			want: status.NoticeReviewerSkipped,
		},
		"an address refuses": {
			tell: func(a *Announcer) { a.AddressRefused("c1", "ops", failure) },
			over: func(a *Announcer) { a.AddressWorks("c1", func() string { return "ops" }) },
			want: status.NoticeRecipientFailed, restored: true,
		},
		"an address where nothing is delivered any more": {
			tell: func(a *Announcer) { a.AddressRefused("c1", "ops", failure) },
			over: func(a *Announcer) { a.ForgetAddresses(func(string) bool { return false }) },
			want: status.NoticeRecipientFailed,
		},
		"a request has no recipient": {
			tell: func(a *Announcer) { a.NotAnnounced("r1") },
			over: func(a *Announcer) { a.Forget("r1") },
			want: status.NoticeNotAnnounced,
		},
		"a rule cannot be judged": {
			tell: func(a *Announcer) { a.RulesJudged("r1", errors.New("no such trait")) },
			over: func(a *Announcer) { a.RulesJudged("r1", nil) },
			want: status.NoticeRuleFailed,
		},
	} {
		t.Run(name, func(t *testing.T) {
			var given []string
			a := New(func(n status.Notice) { given = append(given, n.Reason) }, explain)
			tt.over(a)
			tt.tell(a)
			tt.tell(a)
			tt.over(a)
			tt.over(a)
			tt.tell(a)
			want := []string{tt.want, tt.want}
			if tt.restored {
				want = []string{tt.want, status.NoticeRecipientRestored, tt.want}
			}
			if strings.Join(given, " ") != strings.Join(want, " ") {
				t.Errorf("gave %v, want %v", given, want)
			}
		})
	}
}

func explain(failure *messenger.Error) string { return "explained: " + failure.Code }

// TestAFinalMessageIsNamedOncePerCode covers a limit that all messages of a service have.
func TestAFinalMessageIsNamedOncePerCode(t *testing.T) {
	given := 0
	a := New(func(status.Notice) { given++ }, explain)
	for _, code := range []string{"too_old", "too_old", "locked"} {
		a.MessageFinal(&messenger.Error{Class: messenger.MessageFinal, Code: code})
	}
	if given != 2 {
		t.Errorf("gave %d notices, want one for each of 2 codes", given)
	}
}

// TestAnUnknownCodeIsNamedOnce for each code, and of a service that makes codes up not without end.
func TestAnUnknownCodeIsNamedOnce(t *testing.T) {
	var given []status.Notice
	a := New(func(n status.Notice) { given = append(given, n) }, explain)
	for _, code := range []string{"new", "new", "newer"} {
		a.UnknownCode("ops", &messenger.Error{Code: code, Unknown: true})
	}
	a.UnknownCode("ops", &messenger.Error{Code: "known"})
	if len(given) != 2 || !given[0].Warning || given[0].Reason != status.NoticeUnknownCode || given[0].Text != "Recipient ops: explained: new" {
		t.Errorf("gave %+v", given)
	}
	for i := range 10 * maxCodes {
		a.UnknownCode("ops", &messenger.Error{Code: fmt.Sprint("code_", i), Unknown: true})
	}
	if len(given) != maxCodes {
		t.Errorf("gave %d notices, want at most %d", len(given), maxCodes)
	}
}

// TestWhatARequesterTypedIsCutAndQuoted covers a reviewer's name, which a requester typed.
func TestWhatARequesterTypedIsCutAndQuoted(t *testing.T) {
	var given status.Notice
	a := New(func(n status.Notice) { given = n }, explain)
	name := "eve\n\x1b[31m" + strings.Repeat("x", 500)
	a.RecipientBroken(routing.Recipient{Name: name, Person: true}, &messenger.Error{Code: "users_not_found"}, []string{"r1"})
	if len(given.Recipient) > 2*maxTyped || strings.ContainsAny(given.Text+given.Recipient, "\n\x1b") || given.Request != "r1" {
		t.Errorf("gave %+v", given)
	}
}
