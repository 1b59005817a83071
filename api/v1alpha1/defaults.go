package v1alpha1

import (
	"cmp"
	"slices"
	"strings"
)

// Keys of Secrets that are used where the spec names none, the first that
// exists.
const (
	// DefaultIdentityKey is the key that tbot writes an identity file to.
	DefaultIdentityKey = "identity"
	// LegacyIdentityKey is the key in the Helm charts of Teleport's own plugins.
	LegacyIdentityKey = "auth_id"
	// DefaultTokenKey is the key of a bot's token.
	DefaultTokenKey = "token"
	// DefaultAppTokenKey is the key of a Slack app's app-level token.
	DefaultAppTokenKey = "appToken"
	// DefaultCAKey is the key of the certificate authorities of a Proxy or chat server.
	DefaultCAKey = "ca.crt"
)

// IsSuspended tells whether notifying is suspended. Default: false.
func (s *AccessNotifierSpec) IsSuspended() bool {
	return s.Suspend != nil && *s.Suspend
}

// NotifySuggestedReviewers tells whether suggested reviewers are notified.
// Default: true.
func (s *AccessNotifierSpec) NotifySuggestedReviewers() bool {
	return s.SuggestedReviewersPolicy != NotificationIgnore
}

// NotifyRequester tells whether the requester is notified. Default: false.
func (s *AccessNotifierSpec) NotifyRequester() bool {
	return s.RequesterPolicy == NotificationNotify
}

// RemindAccessListOwners tells whether owners of access lists are reminded to review them.
// Default: false.
func (s *AccessNotifierSpec) RemindAccessListOwners() bool {
	return s.AccessListReminders != nil && s.AccessListReminders.Policy == NotificationNotify
}

// ReviewMode says what reviewers may do in chat. Default: Off.
func (s *AccessNotifierSpec) ReviewMode() ReviewMode {
	if s.Review == nil {
		return ReviewOff
	}
	return cmp.Or(s.Review.Mode, ReviewOff)
}

// ReviewerTrait names the trait of Teleport users that holds the id of their chat account, ""
// where that is found by an e-mail address. Default: the messenger's name in lower case with
// the suffix _uid.
func (s *AccessNotifierSpec) ReviewerTrait() string {
	if s.Review != nil && s.Review.Identity != nil {
		return s.Review.Identity.Trait
	}
	return strings.ToLower(string(s.Messenger.Type)) + "_uid"
}

// IsReasonRequired tells whether reviewers have to say why. Default: false.
func (r *ReviewSpec) IsReasonRequired() bool {
	return r.Reason == ReviewReasonRequired
}

// AdoptedPlugin is the name under which Teleport's own plugin has kept its data, "" if its
// messages are not adopted. Default: the messenger's name in lower case.
func (s *AccessNotifierSpec) AdoptedPlugin() string {
	if s.Adopt == AdoptionIgnore {
		return ""
	}
	return s.pluginName()
}

// RulesPluginName is how Access Monitoring Rules name the notifier, "" if they are
// ignored. Default: the messenger's name in lower case.
func (s *AccessNotifierSpec) RulesPluginName() string {
	if s.Teleport.AccessMonitoringRules == AccessMonitoringRulesIgnore {
		return ""
	}
	return s.pluginName()
}

func (s *AccessNotifierSpec) pluginName() string {
	return cmp.Or(s.Teleport.PluginName, strings.ToLower(string(s.Messenger.Type)))
}

// IsSuppressing tells whether others are not notified of the requests that the route
// matches. Default: false.
func (r *Route) IsSuppressing() bool {
	return r.Suppress != nil && *r.Suppress
}

// IsMentioning tells whether the users among the recipients are mentioned in channels.
// Default: false.
func (r *Reminder) IsMentioning() bool {
	return r.Mention != nil && *r.Mention
}

// RecipientsByRole returns a copy of roleToRecipients in plain types.
func (s *AccessNotifierSpec) RecipientsByRole() map[string][]string {
	byRole := make(map[string][]string, len(s.RoleToRecipients))
	for role, recipients := range s.RoleToRecipients {
		byRole[role] = slices.Clone(recipients)
	}
	return byRole
}

// SecretNames returns the names of all Secrets that the spec refers to, sorted,
// each once.
func (s *AccessNotifierSpec) SecretNames() []string {
	var names []string
	for _, ref := range []*SecretKeyReference{
		s.Teleport.IdentitySecretRef,
		s.Teleport.CASecretRef,
	} {
		if ref != nil {
			names = append(names, string(ref.Name))
		}
	}
	if ref := s.Teleport.TLSSecretRef; ref != nil {
		names = append(names, string(ref.Name))
	}
	for _, ref := range s.Messenger.SecretRefs() {
		names = append(names, string(ref.Name))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// IdentityKeys returns the keys under which to look for the identity file, in
// order of preference. It is empty without an identitySecretRef.
func (t *TeleportSpec) IdentityKeys() []string {
	if t.IdentitySecretRef == nil {
		return nil
	}
	return keyOr(t.IdentitySecretRef.Key, DefaultIdentityKey, LegacyIdentityKey)
}

// CAKey is the key of the Proxy's certificate authorities. It is empty without
// a caSecretRef.
func (t *TeleportSpec) CAKey() string {
	if t.CASecretRef == nil {
		return ""
	}
	return keyOr(t.CASecretRef.Key, DefaultCAKey)[0]
}

// CertKeys returns the keys under which to look for the certificate, in order
// of preference: the name of tctl's file, else that of Kubernetes.
func (*TLSSecretReference) CertKeys() []string {
	return []string{"auth.crt", "tls.crt"}
}

// PrivateKeyKeys returns the keys under which to look for the private key, in
// order of preference.
func (*TLSSecretReference) PrivateKeyKeys() []string {
	return []string{"auth.key", "tls.key"}
}

// CAKeys returns the keys under which to look for the cluster's certificate
// authorities, in order of preference.
func (*TLSSecretReference) CAKeys() []string {
	return []string{"auth.cas", "ca.crt"}
}

// keyOr returns the key that the spec names, else the defaults.
func keyOr(key SecretKey, defaults ...string) []string {
	if key != "" {
		return []string{string(key)}
	}
	return defaults
}
