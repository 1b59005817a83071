package v1alpha1

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDefaultsOfAnEmptySpec(t *testing.T) {
	spec := AccessNotifierSpec{}

	if spec.IsSuspended() {
		t.Error("suspended by default")
	}
	if !spec.NotifySuggestedReviewers() {
		t.Error("suggested reviewers are ignored by default")
	}
	if spec.NotifyRequester() {
		t.Error("the requester is notified by default")
	}
	if got := spec.ReviewMode(); got != ReviewOff {
		t.Errorf("ReviewMode() = %q by default", got)
	}
	if got := spec.RecipientsByRole(); got == nil || len(got) != 0 {
		t.Errorf("RecipientsByRole() = %v, want an empty map", got)
	}
	if got := spec.SecretNames(); len(got) != 0 {
		t.Errorf("SecretNames() = %v, want none", got)
	}
	if got := spec.Teleport.IdentityKeys(); got != nil {
		t.Errorf("IdentityKeys() = %v, want none", got)
	}
	if got := spec.Teleport.CAKey(); got != "" {
		t.Errorf("CAKey() = %q, want none", got)
	}
	if got := spec.Messenger.SecretRefs(); len(got) != 0 {
		t.Errorf("SecretRefs() = %v, want none", got)
	}
	if got := spec.Messenger.ServerURL(); got != "" {
		t.Errorf("ServerURL() = %q, want none", got)
	}
}

func TestReview(t *testing.T) {
	for want, review := range map[ReviewMode]*ReviewSpec{
		ReviewOff:      {Reason: ReviewReasonRequired, When: "true"},
		ReviewDenyOnly: {Mode: ReviewDenyOnly},
		ReviewFull:     {Mode: ReviewFull, Reason: ReviewReasonRequired},
	} {
		spec := AccessNotifierSpec{Review: review}
		if got := spec.ReviewMode(); got != want {
			t.Errorf("ReviewMode() = %q, want %q", got, want)
		}
		if got := review.IsReasonRequired(); got != (want != ReviewDenyOnly) {
			t.Errorf("%s: IsReasonRequired() = %t", want, got)
		}
	}
}

func TestReviewerTrait(t *testing.T) {
	for want, spec := range map[string]AccessNotifierSpec{
		"slack_uid":      {Messenger: MessengerSpec{Type: MessengerSlack}},
		"discord_uid":    {Messenger: MessengerSpec{Type: MessengerDiscord}, Review: &ReviewSpec{Mode: ReviewFull}},
		"mattermost_uid": {Messenger: MessengerSpec{Type: MessengerMattermost}, Review: &ReviewSpec{}},
		"uid":            {Messenger: MessengerSpec{Type: MessengerSlack}, Review: &ReviewSpec{Identity: &ReviewIdentity{Trait: "uid"}}},
		"":               {Review: &ReviewSpec{Identity: &ReviewIdentity{EmailIsUsername: &EmailIsUsername{}}}},
	} {
		if got := spec.ReviewerTrait(); got != want {
			t.Errorf("ReviewerTrait() = %q, want %q", got, want)
		}
	}
}

func TestRulesPluginName(t *testing.T) {
	for want, spec := range map[string]AccessNotifierSpec{
		"slack":    {Messenger: MessengerSpec{Type: MessengerSlack}},
		"discord":  {Messenger: MessengerSpec{Type: MessengerDiscord}, Teleport: TeleportSpec{AccessMonitoringRules: AccessMonitoringRulesUse}},
		"My-slack": {Messenger: MessengerSpec{Type: MessengerSlack}, Teleport: TeleportSpec{PluginName: "My-slack"}},
		"":         {Messenger: MessengerSpec{Type: MessengerSlack}, Teleport: TeleportSpec{PluginName: "slack", AccessMonitoringRules: AccessMonitoringRulesIgnore}},
	} {
		if got := spec.RulesPluginName(); got != want {
			t.Errorf("RulesPluginName() = %q, want %q", got, want)
		}
	}
}

func TestSwitches(t *testing.T) {
	yes, no := true, false
	spec := AccessNotifierSpec{
		Suspend:                  &yes,
		SuggestedReviewersPolicy: NotificationIgnore,
		RequesterPolicy:          NotificationNotify,
		Adopt:                    AdoptionIgnore,
		Messenger:                MessengerSpec{Type: MessengerSlack},
	}
	if !spec.IsSuspended() || spec.NotifySuggestedReviewers() || !spec.NotifyRequester() || spec.AdoptedPlugin() != "" {
		t.Errorf("the opposite of the defaults is not obeyed: %+v", spec)
	}

	spec = AccessNotifierSpec{
		Suspend:                  &no,
		SuggestedReviewersPolicy: NotificationNotify,
		RequesterPolicy:          NotificationIgnore,
		Adopt:                    AdoptionAdopt,
		Messenger:                MessengerSpec{Type: MessengerMattermost},
	}
	if spec.IsSuspended() || !spec.NotifySuggestedReviewers() || spec.NotifyRequester() || spec.AdoptedPlugin() != "mattermost" {
		t.Errorf("the defaults, written out, are not obeyed: %+v", spec)
	}
}

func TestKeysOfSecrets(t *testing.T) {
	defaults := AccessNotifierSpec{
		Teleport: TeleportSpec{
			IdentitySecretRef: &SecretKeyReference{Name: "identity"},
			CASecretRef:       &SecretKeyReference{Name: "ca"},
			TLSSecretRef:      &TLSSecretReference{Name: "tls"},
		},
		Messenger: MessengerSpec{
			Type:  MessengerSlack,
			Slack: &SlackSpec{TokenSecretRef: SecretKeyReference{Name: "bot"}, AppTokenSecretRef: &SecretKeyReference{Name: "app"}},
		},
	}
	explicit := AccessNotifierSpec{
		Teleport: TeleportSpec{
			IdentitySecretRef: &SecretKeyReference{Name: "identity", Key: "a"},
			CASecretRef:       &SecretKeyReference{Name: "ca", Key: "b"},
			TLSSecretRef:      &TLSSecretReference{Name: "tls"},
		},
		Messenger: MessengerSpec{
			Type:  MessengerSlack,
			Slack: &SlackSpec{TokenSecretRef: SecretKeyReference{Name: "bot", Key: "f"}, AppTokenSecretRef: &SecretKeyReference{Name: "app", Key: "g"}},
		},
	}

	type keys struct{ Identity, CA, Cert, PrivateKey, TLSCA, Token, AppToken []string }
	of := func(spec AccessNotifierSpec) keys {
		return keys{
			Identity:   spec.Teleport.IdentityKeys(),
			CA:         []string{spec.Teleport.CAKey()},
			Cert:       spec.Teleport.TLSSecretRef.CertKeys(),
			PrivateKey: spec.Teleport.TLSSecretRef.PrivateKeyKeys(),
			TLSCA:      spec.Teleport.TLSSecretRef.CAKeys(),
			Token:      []string{string(spec.Messenger.SecretRefs()["token"].Key)},
			AppToken:   []string{string(spec.Messenger.SecretRefs()["appToken"].Key)},
		}
	}
	if diff := cmp.Diff(keys{
		Identity:   []string{"identity", "auth_id"},
		CA:         []string{"ca.crt"},
		Cert:       []string{"auth.crt", "tls.crt"},
		PrivateKey: []string{"auth.key", "tls.key"},
		TLSCA:      []string{"auth.cas", "ca.crt"},
		Token:      []string{"token"},
		AppToken:   []string{"appToken"},
	}, of(defaults)); diff != "" {
		t.Errorf("default keys (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(keys{
		Identity:   []string{"a"},
		CA:         []string{"b"},
		Cert:       []string{"auth.crt", "tls.crt"},
		PrivateKey: []string{"auth.key", "tls.key"},
		TLSCA:      []string{"auth.cas", "ca.crt"},
		Token:      []string{"f"},
		AppToken:   []string{"g"},
	}, of(explicit)); diff != "" {
		t.Errorf("explicit keys (-want +got):\n%s", diff)
	}
}

func TestSecretRefsFollowTheType(t *testing.T) {
	messenger := MessengerSpec{
		Slack:      &SlackSpec{TokenSecretRef: SecretKeyReference{Name: "slack-bot"}},
		Discord:    &DiscordSpec{TokenSecretRef: SecretKeyReference{Name: "discord-bot"}},
		Mattermost: &MattermostSpec{URL: "https://chat.example.com", TokenSecretRef: SecretKeyReference{Name: "mattermost-bot"}},
	}
	for messengerType, want := range map[MessengerType]SecretName{
		MessengerSlack:      "slack-bot",
		MessengerDiscord:    "discord-bot",
		MessengerMattermost: "mattermost-bot",
	} {
		messenger.Type = messengerType
		wanted := map[string]SecretKeyReference{"token": {Name: want, Key: "token"}}
		if diff := cmp.Diff(wanted, messenger.SecretRefs()); diff != "" {
			t.Errorf("%s: SecretRefs() (-want +got):\n%s", messengerType, diff)
		}
		messenger.Mattermost.CASecretRef = &SecretKeyReference{Name: "ca"}
		if got, ok := messenger.SecretRefs()["ca.crt"]; ok != (messengerType == MessengerMattermost) || ok && (got.Name != "ca" || got.Key != "ca.crt") {
			t.Errorf("%s: SecretRefs() has %v for the authorities", messengerType, got)
		}
		messenger.Mattermost.CASecretRef = nil
		if got := (&MessengerSpec{Type: messengerType}).SecretRefs(); len(got) != 0 {
			t.Errorf("%s without its member: SecretRefs() = %v, want none", messengerType, got)
		}
		if got := messenger.ServerURL(); (got != "") != (messengerType == MessengerMattermost) {
			t.Errorf("%s: ServerURL() = %q", messengerType, got)
		}
	}
}

func TestSecretNames(t *testing.T) {
	spec := AccessNotifierSpec{
		Teleport: TeleportSpec{
			IdentitySecretRef: &SecretKeyReference{Name: "shared"},
			CASecretRef:       &SecretKeyReference{Name: "ca"},
			TLSSecretRef:      &TLSSecretReference{Name: "tls"},
		},
		Messenger: MessengerSpec{
			Type:    MessengerDiscord,
			Slack:   &SlackSpec{TokenSecretRef: SecretKeyReference{Name: "of-another-type"}},
			Discord: &DiscordSpec{TokenSecretRef: SecretKeyReference{Name: "shared"}},
		},
	}
	if diff := cmp.Diff([]string{"ca", "shared", "tls"}, spec.SecretNames()); diff != "" {
		t.Errorf("SecretNames() (-want +got):\n%s", diff)
	}
}

func TestRecipientsByRoleIsACopy(t *testing.T) {
	spec := AccessNotifierSpec{RoleToRecipients: map[string]RecipientList{"*": {"a", "b"}}}

	got := spec.RecipientsByRole()
	if diff := cmp.Diff(map[string][]string{"*": {"a", "b"}}, got); diff != "" {
		t.Errorf("RecipientsByRole() (-want +got):\n%s", diff)
	}
	got["*"][0] = "changed"
	if spec.RoleToRecipients["*"][0] != "a" {
		t.Error("changing the copy changed the spec")
	}
}
