package v1alpha1

import (
	"maps"
	"strings"
)

// EmailSpec says by which server mail is sent, and from whom. Each request is a thread of its
// own for each recipient, as docs/guides/email.md describes it.
//
// +kubebuilder:validation:XValidation:rule=`!has(self.username) || !has(self.usernameSecretRef)`,fieldPath=`.usernameSecretRef`,message=`must not be set beside username`
// +kubebuilder:validation:XValidation:rule=`has(self.passwordSecretRef) == (has(self.username) || has(self.usernameSecretRef))`,fieldPath=`.passwordSecretRef`,message=`must be set if username or usernameSecretRef is, and only then`
// +kubebuilder:validation:XValidation:rule=`!has(self.passwordSecretRef) || self.?tls.orValue("") != 'Disabled' || self.address.matches('^(localhost|127\\.0\\.0\\.1|\\[::1\\]):')`,fieldPath=`.passwordSecretRef`,message=`must not be set if tls is Disabled: no password is sent without TLS`
// +kubebuilder:validation:XValidation:rule=`!has(self.caSecretRef) || self.?tls.orValue("") != 'Disabled'`,fieldPath=`.caSecretRef`,message=`must not be set if tls is Disabled`
type EmailSpec struct {
	// address is the host and the port of the server that takes mail from programs:
	// usually port 587, or 465 with tls: Implicit. Examples: smtp.example.com:587,
	// [2001:db8::1]:25.
	// +required
	Address HostPort `json:"address,omitempty"`

	// tls says when the connection is made secure. StartTLS: it begins in clear text,
	// and nothing is sent unless the server makes it secure. Implicit: it is secure from
	// the beginning. Opportunistic: it is made secure if the server offers that, which
	// whoever is in between can prevent. Disabled: it never is. Without TLS no password
	// is sent, and with Opportunistic and Disabled the address must lead to a private
	// network. No certificate is ever left unchecked. Default: StartTLS.
	// +optional
	TLS EmailTLS `json:"tls,omitempty"`

	// from is the mailbox that mail comes from, with a name or without. The server must
	// let the operator use it. Example: Teleport <teleport@example.com>.
	// +kubebuilder:validation:MinLength=3
	// +kubebuilder:validation:MaxLength=320
	// +kubebuilder:validation:XValidation:rule=`self.matches("^([^<>@,;:\\\\\"\\x00-\\x1f\\x7f]+ ?<[A-Za-z0-9_%+'=&~.-]{1,64}@[^<>@,;:\\\\\"\\x00-\\x20\\x7f]+\\.[^<>@,;:\\\\\"\\x00-\\x20\\x7f]+>|[A-Za-z0-9_%+'=&~.-]{1,64}@[^<>@,;:\\\\\"\\x00-\\x20\\x7f]+\\.[^<>@,;:\\\\\"\\x00-\\x20\\x7f]+)$")`,message=`must be a mailbox such as teleport@example.com or Teleport <teleport@example.com>`
	// +required
	From string `json:"from,omitempty"`

	// domains are those of people whom requests name: suggested reviewers and
	// requesters. To addresses in other domains no mail is sent because of that, since
	// whoever may ask for access can type one. Recipients that this object names may
	// be anywhere. At most 32 domains. Default: the domain of from.
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=32
	// +kubebuilder:validation:items:MaxLength=253
	// +kubebuilder:validation:items:Pattern=`^([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$`
	// +optional
	Domains []string `json:"domains,omitempty"`

	// username is whom the operator logs in as. It needs passwordSecretRef.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=320
	// +optional
	Username string `json:"username,omitempty"`

	// usernameSecretRef names a Secret with the username, where it should not stand
	// here. Without a key, the key "username" is used.
	// +optional
	UsernameSecretRef *SecretKeyReference `json:"usernameSecretRef,omitempty"`

	// passwordSecretRef names a Secret with the password. Without a key, the key
	// "password" is used. A change takes effect without a restart.
	// +optional
	PasswordSecretRef *SecretKeyReference `json:"passwordSecretRef,omitempty"`

	// caSecretRef names a Secret with certificate authorities, in PEM form, to
	// trust for the server's certificate in addition to those of the operator's
	// image. Needed only if that certificate is signed by a private authority.
	// Without a key, the key "ca.crt" is used. A change takes effect without a
	// restart.
	// +optional
	CASecretRef *SecretKeyReference `json:"caSecretRef,omitempty"`
}

// HostPort is the host and the port of a server.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=260
// +kubebuilder:validation:XValidation:rule=`self.matches('^([A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?(\\.[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?)*|\\[(([0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}|([0-9A-Fa-f]{1,4}:){6}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\\.){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9A-Fa-f]{1,4}(:[0-9A-Fa-f]{1,4}){0,6})?::(([0-9A-Fa-f]{1,4}:){0,6}([0-9A-Fa-f]{1,4}|((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\\.){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])))?)\\]):[1-9][0-9]{0,4}$') && int(self.substring(self.lastIndexOf(':') + 1)) <= 65535 && self.lastIndexOf(':') <= 253`,message=`must be HOST:PORT such as smtp.example.com:587 or [2001:db8::1]:25, with a port from 1 to 65535 and without a scheme, path or space`
// +kubebuilder:validation:XValidation:rule=`!self.contains('::') || self.indexOf(']') < 0 || self.substring(0, self.indexOf(']')).split(':').filter(group, group != "" && group != '[').size() <= (self.substring(0, self.indexOf(']')).contains('.') ? 6 : 7)`,message=`must be HOST:PORT such as smtp.example.com:587 or [2001:db8::1]:25, with a port from 1 to 65535 and without a scheme, path or space`
// +kubebuilder:validation:XValidation:rule=`!self.matches('(^|[.])[0-9]+:[0-9]+$') || self.matches('^((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\\.){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9]):')`,message=`must be HOST:PORT such as smtp.example.com:587 or [2001:db8::1]:25, with a port from 1 to 65535 and without a scheme, path or space`
type HostPort string

// EmailTLS says when the connection to a mail server is made secure.
//
// +kubebuilder:validation:Enum=StartTLS;Implicit;Opportunistic;Disabled
type EmailTLS string

const (
	// EmailStartTLS means by STARTTLS, or not at all.
	EmailStartTLS EmailTLS = "StartTLS"
	// EmailImplicit means from the beginning.
	EmailImplicit EmailTLS = "Implicit"
	// EmailOpportunistic means by STARTTLS if the server offers it.
	EmailOpportunistic EmailTLS = "Opportunistic"
	// EmailDisabled means never.
	EmailDisabled EmailTLS = "Disabled"
)

// ServerURL implements MessengerMember. Its scheme says when the connection is made secure.
func (s *EmailSpec) ServerURL() string {
	scheme := "smtp"
	switch s.TLS {
	case EmailImplicit:
		scheme = "smtps"
	case EmailOpportunistic:
		scheme = "smtp+opportunistic"
	case EmailDisabled:
		scheme = "smtp+plain"
	default:
	}
	return scheme + "://" + string(s.Address)
}

// Settings implements MessengerMember.
func (s *EmailSpec) Settings() map[string]string {
	settings := map[string]string{"from": s.From, "domains": strings.Join(s.Domains, ","), "username": s.Username}
	maps.DeleteFunc(settings, func(_, value string) bool { return value == "" })
	return settings
}

// SecretRefs implements MessengerMember.
func (s *EmailSpec) SecretRefs() map[string]SecretKeyReference {
	return withOthers(map[string]SecretKeyReference{}, map[string]*SecretKeyReference{
		"username": s.UsernameSecretRef, "password": s.PasswordSecretRef, DefaultCAKey: s.CASecretRef,
	})
}

// IsInsecure implements MessengerMember.
func (*EmailSpec) IsInsecure() bool { return false }
