package messenger

import (
	"crypto/x509"
	"encoding/pem"
	"errors"

	"github.com/accessnotifier/accessnotifier/internal/keysize"
)

// SecretCA is the name of certificate authorities that vouch for a service besides the
// system's, in PEM form. They are no secret, but come by the same way, and a change of them
// is taken over as that of a token is.
const SecretCA = "ca.crt"

var errNoCA = errors.New("it holds no certificates in PEM form, or something else besides")

// ParseCA returns the system's certificate authorities with others, which are in PEM form.
// Errors repeat nothing of them.
func ParseCA(content []byte) (*x509.CertPool, error) {
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	found := false
	for rest := content; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if block.Type != "CERTIFICATE" || err != nil {
			return nil, errNoCA
		}
		if err := keysize.Check(certificate.PublicKey); err != nil {
			return nil, err
		}
		pool.AddCert(certificate)
		found = true
	}
	if !found {
		return nil, errNoCA
	}
	return pool, nil
}
