package supervisor_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/review"
	"github.com/accessnotifier/accessnotifier/internal/routing"
	"github.com/accessnotifier/accessnotifier/internal/routing/match"
	"github.com/accessnotifier/accessnotifier/internal/status"
	"github.com/accessnotifier/accessnotifier/internal/supervisor"
	"github.com/accessnotifier/accessnotifier/internal/teleport"
	"github.com/accessnotifier/accessnotifier/internal/wording"
)

// What is wrong with a spec shows although something is missing, of which nothing is said.
func TestPreview(t *testing.T) {
	b := newBench(t)
	wrong := spec("token")
	wrong.Messenger.Secrets, wrong.Teleport.Identity = nil, teleport.Credentials{}
	if got := b.Preview(wrong); got.Failure != nil || got.Identity != nil || len(got.Routes) > 0 || len(got.Wording.Invalid) > 0 {
		t.Errorf("of what is missing, it says %+v", got)
	}

	b.bots.refuse(errors.New("the address is none"))
	wrong.Teleport.Identity.File = []byte("garbage")
	wrong.Rules.Routes = []routing.RouteRule{{Name: "typo", Match: match.Source{Condition: "request.usr"}}}
	wrong.Wording = wording.Spec{TimeZone: "Asia/Seol"}
	wrong.Review = review.Spec{Mode: review.Full, When: match.Holds("request.usr")}
	got := b.Preview(wrong)
	if got.Failure == nil || got.Failure.Reason != status.ReasonInvalidSpec {
		t.Errorf("the failure is %+v", got.Failure)
	}
	if got.Identity == nil || got.Identity.Reason != status.ReasonIdentityMalformed {
		t.Errorf("the identity is %+v", got.Identity)
	}
	if len(got.Routes) != 1 || !got.Routes[0].Invalid || len(got.Wording.Invalid) != 1 {
		t.Errorf("routes are %+v, words %+v", got.Routes, got.Wording)
	}

	if p := got.Review.Problem; !got.Review.Known || p == nil || p.Reason != status.ReasonWhenInvalid || !p.Permanent || !strings.HasPrefix(p.Message, "spec.review.when:1:8: ") {
		t.Errorf("review in chat is %+v, %+v", got.Review, p)
	}

	wrong.Messenger.Type = "Pigeon"
	if got := b.Preview(wrong); got.Failure == nil || got.Failure.Reason != status.ReasonNotYetAvailable {
		t.Errorf("the failure of an unknown messenger is %+v", got.Failure)
	}
	if _, running := b.Snapshot(supervisor.Key{Namespace: "ns", Name: "a"}); running {
		t.Error("a preview runs")
	}
}
