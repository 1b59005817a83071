package v1alpha1

// Some fields exist only to be refused. They had other names, or are fixed now. The
// API server drops a field that the schema does not know, in silence unless the
// client asks it to be strict: an old manifest with "suggestedReviewers: Ignore"
// would then have suggested reviewers notified. Admission policies and webhooks run
// after that, so only a field of the schema can be refused by a sentence that names
// its successor. docs/decisions/former-fields.md weighs this and tells when they go.

// FormerField is a field that is refused wherever it is set.
type FormerField struct {
	// Path is where the field is.
	Path string
	// Message says what to do, as the rule of the schema says it.
	Message string
}

// FormerFields returns the fields that are set although they are refused. The API
// server lets those of an object pass that was stored before they were refused and
// is applied without a change of them.
func (s *AccessNotifierSpec) FormerFields() []FormerField {
	var found []FormerField
	refuse := func(value, path, message string) {
		if value != "" {
			found = append(found, FormerField{Path: path, Message: message})
		}
	}
	refuse(s.DeprecatedSuggestedReviewers, "spec.suggestedReviewers", "must be renamed to suggestedReviewersPolicy")
	refuse(s.DeprecatedRequester, "spec.requester", "must be renamed to requesterPolicy")
	if ref := s.Teleport.TLSSecretRef; ref != nil {
		refuse(ref.DeprecatedCertKey, "spec.teleport.tlsSecretRef.certKey",
			"must be removed: the key of the certificate is auth.crt, or else tls.crt")
		refuse(ref.DeprecatedKeyKey, "spec.teleport.tlsSecretRef.keyKey",
			"must be removed: the key of the private key is auth.key, or else tls.key")
		refuse(ref.DeprecatedCAKey, "spec.teleport.tlsSecretRef.caKey",
			"must be removed: the key of the certificate authorities is auth.cas, or else ca.crt")
	}
	return found
}
