package v1alpha1

// SecretKeyReference names one key of a Secret in the namespace of the
// AccessNotifier.
type SecretKeyReference struct {
	// name is the name of the Secret.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule=`self.matches('^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$')`,message=`must be the name of a Secret: lower-case letters, digits, '-' and '.', beginning and ending with a letter or digit`
	Name string `json:"name,omitempty"`

	// key is the key in the Secret's data. The field that holds this reference
	// says which key is used without one.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule=`self.matches('^[A-Za-z0-9._-]+$')`,message=`must be a key of a Secret: letters, digits, '.', '_' and '-'`
	Key string `json:"key,omitempty"`
}

// TLSSecretReference names a Secret, in the namespace of the AccessNotifier,
// with a certificate, its private key and the cluster's certificate authorities,
// all in PEM form.
type TLSSecretReference struct {
	// name is the name of the Secret.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule=`self.matches('^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$')`,message=`must be the name of a Secret: lower-case letters, digits, '-' and '.', beginning and ending with a letter or digit`
	Name string `json:"name,omitempty"`

	// certKey is the key of the certificate. Default: auth.crt, else tls.crt.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule=`self.matches('^[A-Za-z0-9._-]+$')`,message=`must be a key of a Secret: letters, digits, '.', '_' and '-'`
	CertKey string `json:"certKey,omitempty"`

	// keyKey is the key of the private key. Default: auth.key, else tls.key.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule=`self.matches('^[A-Za-z0-9._-]+$')`,message=`must be a key of a Secret: letters, digits, '.', '_' and '-'`
	KeyKey string `json:"keyKey,omitempty"`

	// caKey is the key of the certificate authorities. Default: auth.cas, else
	// ca.crt.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule=`self.matches('^[A-Za-z0-9._-]+$')`,message=`must be a key of a Secret: letters, digits, '.', '_' and '-'`
	CAKey string `json:"caKey,omitempty"`
}
