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
}

// Member returns the member of the union for its type. It is nil if there is none, which
// the API server refuses.
func (m *MessengerSpec) Member() MessengerMember {
	switch {
	case m.Type == MessengerSlack && m.Slack != nil:
		return m.Slack
	case m.Type == MessengerDiscord && m.Discord != nil:
		return m.Discord
	case m.Type == MessengerMattermost && m.Mattermost != nil:
		return m.Mattermost
	default:
		return nil
	}
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

// IsInsecure tells whether the address of the server may be one without TLS. Default: false.
func (m *MessengerSpec) IsInsecure() bool {
	return m.Type == MessengerMattermost && m.Mattermost != nil && m.Mattermost.Insecure == InsecureAllow
}

// ServerURL implements MessengerMember.
func (*SlackSpec) ServerURL() string { return "" }

// SecretRefs implements MessengerMember.
func (s *SlackSpec) SecretRefs() map[string]SecretKeyReference { return token(s.TokenSecretRef) }

// ServerURL implements MessengerMember.
func (*DiscordSpec) ServerURL() string { return "" }

// SecretRefs implements MessengerMember.
func (s *DiscordSpec) SecretRefs() map[string]SecretKeyReference { return token(s.TokenSecretRef) }

// ServerURL implements MessengerMember.
func (s *MattermostSpec) ServerURL() string { return s.URL }

// SecretRefs implements MessengerMember.
func (s *MattermostSpec) SecretRefs() map[string]SecretKeyReference {
	refs := token(s.TokenSecretRef)
	if s.CASecretRef != nil {
		refs[DefaultCAKey] = *s.CASecretRef
	}
	return refs
}

// token is a token as the only secret.
func token(ref SecretKeyReference) map[string]SecretKeyReference {
	return map[string]SecretKeyReference{DefaultTokenKey: ref}
}
