package v1alpha1

// TeleportSpec says which Teleport cluster to watch, and as whom.
//
// +kubebuilder:validation:XValidation:rule=`has(self.identitySecretRef) != has(self.tlsSecretRef)`,message=`must set exactly one of identitySecretRef and tlsSecretRef`
type TeleportSpec struct {
	// address is the host and port of the cluster's Proxy or Auth Service; the
	// operator detects which of the two it is. Usual ports are 443 or 3080 for a
	// Proxy and 3025 for an Auth Service. Write IPv6 addresses in brackets.
	// Examples: teleport.example.com:443, [2001:db8::1]:3025.
	// ---
	// The rules are about its form, the number of groups in a shortened IPv6 address, and IPv4
	// addresses. They accept what internal/hostport does. isIP takes Kubernetes 1.31.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=260
	// +kubebuilder:validation:XValidation:rule=`self.matches('^([A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?(\\.[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?)*|\\[(([0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}|([0-9A-Fa-f]{1,4}:){6}((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\\.){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])|([0-9A-Fa-f]{1,4}(:[0-9A-Fa-f]{1,4}){0,6})?::(([0-9A-Fa-f]{1,4}:){0,6}([0-9A-Fa-f]{1,4}|((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\\.){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])))?)\\]):[1-9][0-9]{0,4}$') && int(self.substring(self.lastIndexOf(':') + 1)) <= 65535 && self.lastIndexOf(':') <= 253`,message=`must be HOST:PORT such as teleport.example.com:443 or [2001:db8::1]:443, with a port from 1 to 65535 and without a scheme, path or space`
	// +kubebuilder:validation:XValidation:rule=`!self.contains('::') || self.indexOf(']') < 0 || self.substring(0, self.indexOf(']')).split(':').filter(group, group != '' && group != '[').size() <= (self.substring(0, self.indexOf(']')).contains('.') ? 6 : 7)`,message=`must be HOST:PORT such as teleport.example.com:443 or [2001:db8::1]:443, with a port from 1 to 65535 and without a scheme, path or space`
	// +kubebuilder:validation:XValidation:rule=`!self.matches('(^|[.])[0-9]+:[0-9]+$') || self.matches('^((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\\.){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9]):')`,message=`must be HOST:PORT such as teleport.example.com:443 or [2001:db8::1]:443, with a port from 1 to 65535 and without a scheme, path or space`
	Address string `json:"address,omitempty"`

	// identitySecretRef names a Secret with an identity file, as tbot keeps it
	// fresh in a Secret and "tctl auth sign --format=file" writes it. Without a
	// key, the key "identity" (tbot) is used, else "auth_id" (the name in the
	// Helm charts of Teleport's own plugins).
	//
	// The Secret may be created later, and may change at any moment: a fresh
	// identity is used without a gap. Exactly one of identitySecretRef and
	// tlsSecretRef must be set; identitySecretRef with tbot is the better choice.
	// +optional
	IdentitySecretRef *SecretKeyReference `json:"identitySecretRef,omitempty"`

	// tlsSecretRef names a Secret with a certificate, its private key and the
	// cluster's certificate authorities, as "tctl auth sign --format=tls" writes
	// them to three files. The keys are auth.crt, auth.key and auth.cas, which are
	// the names of those files, as in
	//
	//   kubectl create secret generic NAME \
	//     --from-file=auth.crt --from-file=auth.key --from-file=auth.cas
	//
	// or else tls.crt, tls.key and ca.crt. With these, address must be that of an
	// Auth Service: a Proxy wants an identity file. Exactly one of
	// identitySecretRef and tlsSecretRef must be set.
	// +optional
	TLSSecretRef *TLSSecretReference `json:"tlsSecretRef,omitempty"`

	// caSecretRef names a Secret with certificate authorities, in PEM form, to
	// trust for the Proxy's web certificate in addition to those of the operator's
	// image. Needed only if that certificate is signed by a private authority.
	// With it, a Proxy behind a load balancer that terminates TLS cannot be used.
	// Without a key, the key "ca.crt" is used.
	// +optional
	CASecretRef *SecretKeyReference `json:"caSecretRef,omitempty"`

	// accessMonitoringRules says whether the cluster's Access Monitoring Rules decide
	// who is notified: Use or Ignore. The recipients of rules that match a request and
	// name this notifier are notified in place of roleToRecipients and of suggested
	// reviewers; recipients are in any case. Without a rule that matches, or a role
	// that may list and read access_monitoring_rule, nothing changes. Default: Use.
	// +optional
	AccessMonitoringRules AccessMonitoringRulesPolicy `json:"accessMonitoringRules,omitempty"`

	// pluginName is how Access Monitoring Rules name this notifier in
	// spec.notification.name, and how the plugin was named in Teleport whose messages
	// spec.adopt is about: 1 to 256 characters. Default: the messenger's type in
	// small letters, such as slack.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:XValidation:rule=`self == self.trim()`,message=`must be the name in Access Monitoring Rules, without spaces around it`
	PluginName string `json:"pluginName,omitempty"`
}

// AccessMonitoringRulesPolicy says whether Access Monitoring Rules are used.
//
// +kubebuilder:validation:Enum=Use;Ignore
type AccessMonitoringRulesPolicy string

const (
	// AccessMonitoringRulesUse means that they are used.
	AccessMonitoringRulesUse AccessMonitoringRulesPolicy = "Use"
	// AccessMonitoringRulesIgnore means that they are not used.
	AccessMonitoringRulesIgnore AccessMonitoringRulesPolicy = "Ignore"
)
