package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/accessnotifier/accessnotifier/internal/review"
)

// mattermost are the lines of a file for Mattermost without problems, and of more.
func mattermost(lines ...string) []string {
	return append([]string{
		"[teleport]", `identity = "/identity"`, "[mattermost]", `url = "https://chat.example.com"`, `token = "t"`,
		"[role_to_recipients]", `"*" = "team/ops"`, "[review]",
	}, lines...)
}

func TestWhoMayDecideInChat(t *testing.T) {
	for name, tt := range map[string]struct {
		lines []string
		want  review.Spec
	}{
		"none":        {good(), review.Spec{}},
		"nothing":     {good("[review]"), review.Spec{}},
		"off":         {good("[review]", `mode = "Off"`, `trait = "slack_uid"`, `reason = "Required"`), review.Spec{}},
		"a trait":     {mattermost(`mode = "Full"`, `trait = "mattermost_uid"`), review.Spec{Mode: review.Full, Trait: "mattermost_uid"}},
		"the default": {mattermost(`mode = "Full"`), review.Spec{Mode: review.Full, Trait: "mattermost_uid"}},
		"domains": {
			mattermost(`mode = "denyonly"`, `domains = ["example.com", "a-b.example.org"]`, `reason = "required"`),
			review.Spec{Mode: review.DenyOnly, Domains: []string{"example.com", "a-b.example.org"}, ReasonRequired: true},
		},
	} {
		file, problems := parse(t, tt.lines...)
		if diff := cmp.Diff(tt.want, file.Spec(Material{}, "").Review); diff != "" || problems != nil {
			t.Errorf("%s: %v (-want +got):\n%s", name, problems, diff)
		}
	}
}

func TestReviewsThatCannotBe(t *testing.T) {
	discord := func(lines ...string) []string {
		return append([]string{
			"[teleport]", `identity = "/identity"`, "[discord]", `token = "t"`, "[role_to_recipients]", `"*" = "1100000000000000001"`, "[review]",
		}, lines...)
	}
	for want, lines := range map[string][]string{
		"test.toml:8: [review] mode must be one of OFF, DENYONLY, FULL":                       good("[review]", `mode = "on"`),
		"[review] mode is no text":                                                            good("[review]", `mode = true`),
		"test.toml:9: [review] has no key when; it may have mode, trait, domains, reason":     mattermost(`when = "true"`),
		"[review] reason must be one of OPTIONAL, REQUIRED":                                   mattermost(`reason = "yes"`),
		"test.toml:9: [review] mode takes either trait or domains, which":                     mattermost(`mode = "Full"`, `trait = "uid"`, `domains = ["example.com"]`),
		"test.toml:10: [review] trait must be the name of a user trait":                       mattermost(`mode = "Full"`, `trait = ""`),
		"[review] trait must be the name of a user trait, of 1 to 64":                         mattermost(`mode = "Full"`, `trait = "`+strings.Repeat("a", 65)+`"`),
		"test.toml:10: [review] domains must be a list of 1 to 16":                            mattermost(`mode = "Full"`, `domains = "example.com"`),
		"[review] domains must be a list":                                                     mattermost(`mode = "Full"`, `domains = []`),
		"test.toml:10: [review] domains must be domains in lower case":                        mattermost(`mode = "Full"`, `domains = ["Example.com"]`),
		"[review] domains must be domains":                                                    mattermost(`mode = "Full"`, `domains = ["@example.com"]`),
		"test.toml:9: [review] domains must not be set for Discord":                           discord(`mode = "Full"`, `domains = ["example.com"]`),
		"test.toml:8: [review] mode must be OFF without appToken in [slack]":                  good("[review]", `mode = "Full"`, `trait = "slack_uid"`),
		"test.toml:1: [review] mode must be OFF: reviewers can decide in Discord, Mattermost": {"review = {mode = \"Full\", trait = \"x\"}", "[pagerduty]", `routingKey = "` + strings.Repeat("a", 32) + `"`},
	} {
		_, problems := parse(t, lines...)
		if all := strings.Join(problems, "\n"); !strings.Contains(all, want) {
			t.Errorf("problems:\n%s\nwant %q", all, want)
		}
	}
}
