package v1alpha1

// SecretName is the name of a Secret in the namespace of the AccessNotifier.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=253
// +kubebuilder:validation:XValidation:rule=`self.matches('^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$')`,message=`must be the name of a Secret: lower-case letters, digits, '-' and '.', beginning and ending with a letter or digit`
type SecretName string

// SecretKey is a key in the data of a Secret.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=253
// +kubebuilder:validation:XValidation:rule=`self.matches('^[A-Za-z0-9._-]+$')`,message=`must be a key of a Secret: letters, digits, '.', '_' and '-'`
type SecretKey string

// SecretKeyReference names one key of a Secret in the namespace of the
// AccessNotifier.
type SecretKeyReference struct {
	// name is the name of the Secret.
	// +required
	Name SecretName `json:"name,omitempty"`

	// key is the key in the Secret's data. The field that holds this reference
	// says which key is used without one.
	// +optional
	Key SecretKey `json:"key,omitempty"`
}

// TLSSecretReference names a Secret, in the namespace of the AccessNotifier,
// with a certificate, its private key and the cluster's certificate authorities,
// all in PEM form and under fixed keys.
type TLSSecretReference struct {
	// name is the name of the Secret.
	// +required
	Name SecretName `json:"name,omitempty"`

	// certKey is refused: the key of the certificate is auth.crt, or else tls.crt.
	// ---
	// See former.go.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule=`false`,message=`must be removed: the key of the certificate is auth.crt, or else tls.crt`
	DeprecatedCertKey string `json:"certKey,omitempty"`

	// keyKey is refused: the key of the private key is auth.key, or else tls.key.
	// ---
	// See former.go.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule=`false`,message=`must be removed: the key of the private key is auth.key, or else tls.key`
	DeprecatedKeyKey string `json:"keyKey,omitempty"`

	// caKey is refused: the key of the certificate authorities is auth.cas, or else
	// ca.crt.
	// ---
	// See former.go.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule=`false`,message=`must be removed: the key of the certificate authorities is auth.cas, or else ca.crt`
	DeprecatedCAKey string `json:"caKey,omitempty"`
}
