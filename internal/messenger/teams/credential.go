package teams

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/keysize"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

const (
	// assertionType is that of an assertion which is a JSON Web Token (RFC 7523, section 2.2).
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	// assertionLife is how long an assertion can be used: "5-10 minutes after nbf at most".
	assertionLife = 10 * time.Minute
	// minKey is the smallest key in bits.
	minKey = 2048
)

// credential is what the app proves with who it is: a client secret, or else a certificate.
type credential struct {
	secret string

	key *rsa.PrivateKey
	// thumbprint names the certificate, which can be used from one moment to another.
	thumbprint  string
	from, until time.Time
}

var errKeySize = errors.New("teams: the private key of the certificate is not one of RSA with 2048 to 8192 bits, " +
	"which Microsoft Entra asks for")

// readCredential reads it of the secrets. Errors repeat nothing of them.
func readCredential(secrets messenger.Secrets) (credential, error) {
	certificate, key := secrets.Trimmed(SecretCertificate), secrets.Trimmed(SecretKey)
	if certificate == "" || key == "" {
		return credential{secret: secrets.Trimmed(SecretClient)}, nil
	}
	if keysize.CheckPEM([]byte(certificate), []byte(key)) != nil {
		return credential{}, errKeySize
	}
	pair, err := tls.X509KeyPair([]byte(certificate), []byte(key))
	if err != nil {
		return credential{}, errors.New("teams: the certificate and the private key are no pair in PEM form, " +
			"such as tls.crt and tls.key of a Secret of cert-manager")
	}
	private, isRSA := pair.PrivateKey.(*rsa.PrivateKey)
	if !isRSA || private.N.BitLen() < minKey || keysize.Check(private) != nil {
		return credential{}, errKeySize
	}
	sum := sha256.Sum256(pair.Certificate[0])
	return credential{
		key: private, thumbprint: base64.RawURLEncoding.EncodeToString(sum[:]), from: pair.Leaf.NotBefore, until: pair.Leaf.NotAfter,
	}, nil
}

// checkSecret leaves what has several lines to readCredential.
func checkSecret(name, secret string) error {
	if name == SecretCertificate || name == SecretKey {
		return nil
	}
	return messenger.CheckToken(name, secret)
}

// prove adds to a form who the app is. An assertion is for the audience alone
// (https://learn.microsoft.com/entra/identity-platform/certificate-credentials).
func (c credential) prove(form url.Values, app, audience string, now time.Time) error {
	if c.key == nil {
		form.Set("client_secret", c.secret)
		return nil
	}
	if err := c.inTime(now); err != nil {
		return err
	}
	header := map[string]string{"alg": "PS256", "typ": "JWT", "x5t#S256": c.thumbprint}
	claims := map[string]any{
		"aud": audience, "iss": app, "sub": app, "jti": newGUID(),
		"nbf": now.Unix(), "iat": now.Unix(), "exp": now.Add(assertionLife).Unix(),
	}
	assertion, err := messenger.SignJWT(header, claims, func(sum []byte) ([]byte, error) {
		return rsa.SignPSS(rand.Reader, c.key, crypto.SHA256, sum, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
	})
	if err != nil {
		// The cause is not wrapped: it is about the key.
		return &messenger.Error{
			Class: messenger.MessengerPermanent, Call: callToken, Code: "unusable_key",
			What: "the private key of the bot's certificate cannot be used", Advice: adviceCertificate,
		}
	}
	form.Set("client_assertion_type", assertionType)
	form.Set("client_assertion", assertion)
	return nil
}

// inTime returns why the certificate cannot be used now. Microsoft Entra would not take it.
func (c credential) inTime(now time.Time) error {
	e := &messenger.Error{Class: messenger.MessengerPermanent, Call: callToken}
	switch {
	case now.After(c.until):
		e.Code, e.Advice = "certificate_expired", adviceCertificate
		e.What = "the bot's certificate for {service} expired at " + c.until.UTC().Format(time.RFC3339)
	case now.Before(c.from):
		e.Code, e.Advice = "certificate_not_yet_valid", "Compare the clocks of this machine and of the one that made the certificate"
		e.What = "the bot's certificate for {service} is not valid before " + c.from.UTC().Format(time.RFC3339)
	default:
		return nil
	}
	return e
}

// newGUID is an id that is used once, in the form of Microsoft (RFC 9562, section 5.4).
func newGUID() string {
	var b [16]byte
	// It never fails.
	_, _ = rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
