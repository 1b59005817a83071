package v1alpha1

// PagerDutySpec says which service of PagerDuty is alerted by reminders, as
// docs/guides/pagerduty.md describes it.
type PagerDutySpec struct {
	// routingKeySecretRef names a Secret with the integration key of an integration of
	// the type Events API v2: 32 letters and digits. Without a key, the key
	// "routingKey" is used. A change takes effect without a restart, and incidents that
	// are open then have to be resolved by hand: only the key that has opened one can.
	// +required
	RoutingKeySecretRef SecretKeyReference `json:"routingKeySecretRef,omitzero"`

	// region is the service region of the PagerDuty account: US or EU. Accounts of the
	// EU have addresses below eu.pagerduty.com. Default: US.
	// +optional
	Region PagerDutyRegion `json:"region,omitempty"`

	// severity is how urgent its alerts are: Critical, Error, Warning or Info. A service
	// with dynamic notifications is loud about the first two. Default: Warning.
	// +optional
	Severity PagerDutySeverity `json:"severity,omitempty"`
}

// PagerDutyRegion is a service region of PagerDuty.
//
// +kubebuilder:validation:Enum=US;EU
type PagerDutyRegion string

const (
	// PagerDutyUS is the United States.
	PagerDutyUS PagerDutyRegion = "US"
	// PagerDutyEU is the European Union.
	PagerDutyEU PagerDutyRegion = "EU"
)

// PagerDutySeverity is how urgent an alert is.
//
// +kubebuilder:validation:Enum=Critical;Error;Warning;Info
type PagerDutySeverity string

const (
	// PagerDutyCritical is the most urgent.
	PagerDutyCritical PagerDutySeverity = "Critical"
	// PagerDutyError is urgent.
	PagerDutyError PagerDutySeverity = "Error"
	// PagerDutyWarning is not urgent.
	PagerDutyWarning PagerDutySeverity = "Warning"
	// PagerDutyInfo is the least urgent.
	PagerDutyInfo PagerDutySeverity = "Info"
)

// ServerURL implements MessengerMember.
func (s *PagerDutySpec) ServerURL() string {
	if s.Region == PagerDutyEU {
		return "https://events.eu.pagerduty.com"
	}
	return ""
}

// Settings implements MessengerMember.
func (s *PagerDutySpec) Settings() map[string]string {
	if s.Severity == "" {
		return nil
	}
	return map[string]string{"severity": string(s.Severity)}
}

// SecretRefs implements MessengerMember.
func (s *PagerDutySpec) SecretRefs() map[string]SecretKeyReference {
	return map[string]SecretKeyReference{"routingKey": s.RoutingKeySecretRef}
}

// IsInsecure implements MessengerMember.
func (*PagerDutySpec) IsInsecure() bool { return false }
