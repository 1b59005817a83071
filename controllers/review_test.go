package controllers

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/review"
	"github.com/accessnotifier/accessnotifier/internal/routing/match"
)

func TestReviewOf(t *testing.T) {
	all := v1alpha1.ReviewSpec{
		Mode: v1alpha1.ReviewDenyOnly, When: "true", Reason: v1alpha1.ReviewReasonRequired,
		Identity: &v1alpha1.ReviewIdentity{Trait: "slack_uid"},
	}
	off := all
	off.Mode = v1alpha1.ReviewOff
	for name, tt := range map[string]struct {
		written *v1alpha1.ReviewSpec
		want    review.Spec
	}{
		"none": {nil, review.Spec{}},
		"off":  {&off, review.Spec{}},
		"all":  {&all, review.Spec{Mode: review.DenyOnly, Trait: "slack_uid", When: match.Holds("true"), ReasonRequired: true}},
		"addresses": {
			&v1alpha1.ReviewSpec{Mode: v1alpha1.ReviewFull, Identity: &v1alpha1.ReviewIdentity{
				EmailIsUsername: &v1alpha1.EmailIsUsername{Domains: []string{"example.com"}},
			}},
			review.Spec{Mode: review.Full, Domains: []string{"example.com"}},
		},
		"no identity": {&v1alpha1.ReviewSpec{Mode: v1alpha1.ReviewFull}, review.Spec{Mode: review.Full, Trait: review.DefaultTrait("Discord")}},
	} {
		got := reviewOf(&v1alpha1.AccessNotifierSpec{Messenger: v1alpha1.MessengerSpec{Type: v1alpha1.MessengerDiscord}, Review: tt.written})
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if got.On() != (tt.want.Mode != "") {
			t.Errorf("%s: On() = %t", name, got.On())
		}
	}
}
