package v1alpha1

// MessengerMember is what the members of the messenger's union have in common.
//
// +kubebuilder:object:generate=false
type MessengerMember interface {
	// ServerURL is the address of the server that it names; empty where the service has
	// a public one.
	ServerURL() string
	// SecretRefs refer to what the bot is let in with, by the names of these secrets.
	SecretRefs() map[string]SecretKeyReference
	// IsInsecure tells whether the address may be one without TLS.
	IsInsecure() bool
	// Settings are what it says besides, by the names that the messenger has for them.
	Settings() map[string]string
}

// Member returns the member of the union for its type. It is nil if there is none, which
// the API server refuses.
func (m *MessengerSpec) Member() MessengerMember {
	switch m.Type {
	case MessengerSlack:
		return memberOf(m.Slack)
	case MessengerDiscord:
		return memberOf(m.Discord)
	case MessengerEmail:
		return memberOf(m.Email)
	case MessengerGoogleChat:
		return memberOf(m.GoogleChat)
	case MessengerMattermost:
		return memberOf(m.Mattermost)
	case MessengerPagerDuty:
		return memberOf(m.PagerDuty)
	case MessengerTeams:
		return memberOf(m.Teams)
	case MessengerTeamsWorkflow:
		return memberOf(m.TeamsWorkflow)
	case MessengerWebhook:
		return memberOf(m.Webhook)
	default:
		return nil
	}
}

// memberOf returns nil for a member that is not set, and not an interface that holds nil.
func memberOf[M any, P interface {
	*M
	MessengerMember
}](p P) MessengerMember {
	if p == nil {
		return nil
	}
	return p
}

// ServerURL is the address of the server that the messenger names; empty where the
// service has a public one.
func (m *MessengerSpec) ServerURL() string {
	member := m.Member()
	if member == nil {
		return ""
	}
	return member.ServerURL()
}

// SecretRefs refer to what the bot is let in with, and to the certificate authorities that it
// trusts, by the names of these secrets. A
// secret's name is also its key where the spec names none.
func (m *MessengerSpec) SecretRefs() map[string]SecretKeyReference {
	member := m.Member()
	if member == nil {
		return nil
	}
	refs := member.SecretRefs()
	for name, ref := range refs {
		ref.Key = SecretKey(keyOr(ref.Key, name)[0])
		refs[name] = ref
	}
	return refs
}

// Settings are what the messenger is told besides, by its names for them.
func (m *MessengerSpec) Settings() map[string]string {
	member := m.Member()
	if member == nil {
		return nil
	}
	return member.Settings()
}

// IsInsecure tells whether the address of the server may be one without TLS. Default: false.
func (m *MessengerSpec) IsInsecure() bool {
	member := m.Member()
	return member != nil && member.IsInsecure()
}

// ServerURL implements MessengerMember.
func (*SlackSpec) ServerURL() string { return "" }

// SecretRefs implements MessengerMember.
func (s *SlackSpec) SecretRefs() map[string]SecretKeyReference {
	return withOthers(token(s.TokenSecretRef), map[string]*SecretKeyReference{DefaultAppTokenKey: s.AppTokenSecretRef})
}

// IsInsecure implements MessengerMember.
func (*SlackSpec) IsInsecure() bool { return false }

// Settings implements MessengerMember.
func (*SlackSpec) Settings() map[string]string { return nil }

// ServerURL implements MessengerMember.
func (*DiscordSpec) ServerURL() string { return "" }

// SecretRefs implements MessengerMember.
func (s *DiscordSpec) SecretRefs() map[string]SecretKeyReference { return token(s.TokenSecretRef) }

// IsInsecure implements MessengerMember.
func (*DiscordSpec) IsInsecure() bool { return false }

// Settings implements MessengerMember.
func (*DiscordSpec) Settings() map[string]string { return nil }

// Settings implements MessengerMember.
func (*GoogleChatSpec) Settings() map[string]string { return nil }

// ServerURL implements MessengerMember.
func (*GoogleChatSpec) ServerURL() string { return "" }

// SecretRefs implements MessengerMember.
func (s *GoogleChatSpec) SecretRefs() map[string]SecretKeyReference {
	return map[string]SecretKeyReference{"serviceAccount": s.ServiceAccountSecretRef}
}

// IsInsecure implements MessengerMember.
func (*GoogleChatSpec) IsInsecure() bool { return false }

// ServerURL implements MessengerMember.
func (s *MattermostSpec) ServerURL() string { return string(s.URL) }

// SecretRefs implements MessengerMember.
func (s *MattermostSpec) SecretRefs() map[string]SecretKeyReference {
	return withOthers(token(s.TokenSecretRef), map[string]*SecretKeyReference{DefaultCAKey: s.CASecretRef})
}

// IsInsecure implements MessengerMember.
func (s *MattermostSpec) IsInsecure() bool { return s.Insecure == InsecureAllow }

// Settings implements MessengerMember.
func (*MattermostSpec) Settings() map[string]string { return nil }

// ServerURL implements MessengerMember.
func (s *TeamsSpec) ServerURL() string { return string(s.ServiceURL) }

// SecretRefs implements MessengerMember.
func (s *TeamsSpec) SecretRefs() map[string]SecretKeyReference {
	refs := map[string]SecretKeyReference{}
	if ref := s.CertificateSecretRef; ref != nil {
		key := SecretKeyReference{Name: ref.Name}
		if s.PrivateKeySecretRef != nil {
			key = *s.PrivateKeySecretRef
		}
		refs["certificate"], refs["privateKey"] = withKey(*ref, "tls.crt"), withKey(key, "tls.key")
	}
	return withOthers(refs, map[string]*SecretKeyReference{"clientSecret": s.ClientSecretSecretRef})
}

// Settings implements MessengerMember.
func (s *TeamsSpec) Settings() map[string]string {
	return map[string]string{"appID": string(s.AppID), "tenantID": string(s.TenantID)}
}

// IsInsecure implements MessengerMember.
func (*TeamsSpec) IsInsecure() bool { return false }

// ServerURL implements MessengerMember.
func (*TeamsWorkflowSpec) ServerURL() string { return "" }

// SecretRefs implements MessengerMember.
func (s *TeamsWorkflowSpec) SecretRefs() map[string]SecretKeyReference {
	return map[string]SecretKeyReference{"workflows": s.WorkflowsSecretRef}
}

// IsInsecure implements MessengerMember.
func (*TeamsWorkflowSpec) IsInsecure() bool { return false }

// Settings implements MessengerMember.
func (*TeamsWorkflowSpec) Settings() map[string]string { return nil }

// ServerURL implements MessengerMember.
func (s *WebhookSpec) ServerURL() string { return string(s.URL) }

// SecretRefs implements MessengerMember.
func (s *WebhookSpec) SecretRefs() map[string]SecretKeyReference {
	return withOthers(map[string]SecretKeyReference{"signing": s.SigningSecretRef}, map[string]*SecretKeyReference{
		"previous": s.PreviousSecretRef, "authorization": s.AuthorizationSecretRef, DefaultCAKey: s.CASecretRef,
	})
}

// IsInsecure implements MessengerMember.
func (s *WebhookSpec) IsInsecure() bool { return s.Insecure == InsecureAllow }

// Settings implements MessengerMember.
func (*WebhookSpec) Settings() map[string]string { return nil }

// token is a token as the only secret.
func token(ref SecretKeyReference) map[string]SecretKeyReference {
	return map[string]SecretKeyReference{DefaultTokenKey: ref}
}

// withKey names the key that is used where a reference names none.
func withKey(ref SecretKeyReference, key SecretKey) SecretKeyReference {
	if ref.Key == "" {
		ref.Key = key
	}
	return ref
}

// withOthers adds the references that are set.
func withOthers(refs map[string]SecretKeyReference, others map[string]*SecretKeyReference) map[string]SecretKeyReference {
	for name, ref := range others {
		if ref != nil {
			refs[name] = *ref
		}
	}
	return refs
}
