package messengertest

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

const (
	teamsAssertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	teamsAudience      = "https://login.microsoftonline.com/" + TeamsTenant + "/oauth2/v2.0/token"
	// teamsAssertionLife is how long an assertion may last, and teamsTolerance how far clocks may be
	// apart.
	teamsAssertionLife = 10 * time.Minute
	teamsTolerance     = 5 * time.Minute
)

// TeamsCertificates is the end of the certificates that the simulated app has.
var TeamsCertificates = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)

// TeamsCertificate is a certificate of the app that a word stands for, which is a token, with its
// private key, in PEM form. The app has the one that ends at TeamsCertificates.
func TeamsCertificate(word string, ends time.Time) (certificate, key string) {
	private, err := x509.MarshalPKCS8PrivateKey(googleKey())
	if err != nil {
		panic("the key of a simulated certificate cannot be encoded: " + err.Error())
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: teamsCertificate(word, ends)})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
}

func teamsCertificate(word string, ends time.Time) []byte {
	form := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: word}, NotBefore: time.Unix(0, 0), NotAfter: ends,
		SignatureAlgorithm: x509.SHA256WithRSA,
	}
	der, err := x509.CreateCertificate(rand.Reader, form, form, googleKey().Public(), googleKey())
	if err != nil {
		panic("a simulated certificate cannot be made: " + err.Error())
	}
	return der
}

var teamsGUID = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// teamsClaims are those of an assertion
// (https://learn.microsoft.com/entra/identity-platform/certificate-credentials).
type teamsClaims struct {
	Audience  string `json:"aud"`
	Expires   int64  `json:"exp"`
	Issuer    string `json:"iss"`
	ID        string `json:"jti"`
	NotBefore int64  `json:"nbf"`
	Subject   string `json:"sub"`
	Issued    int64  `json:"iat"`
}

// assertedBy verifies an assertion, and returns the word that its certificate stands for.
func (t *Teams) assertedBy(assertion string, form url.Values) (word string, refusal *response) {
	refuse := func(code int) (string, *response) {
		refused := entraRefusal(http.StatusUnauthorized, "invalid_client", code)
		return "", &refused
	}
	var header struct {
		Algorithm  string `json:"alg"`
		Type       string `json:"typ"`
		Thumbprint string `json:"x5t#S256"`
	}
	var claims teamsClaims
	parts := strings.Split(assertion, ".")
	if form.Has("client_secret") || form.Get("client_assertion_type") != teamsAssertionType || len(parts) != 3 ||
		!strictPart(parts[0], &header) || !strictPart(parts[1], &claims) ||
		header.Algorithm != "PS256" || header.Type != "JWT" || !teamsGUID.MatchString(claims.ID) {
		return refuse(50027)
	}
	for name, token := range t.tokens {
		if token.refusal != "" {
			continue
		}
		sum := sha256.Sum256(teamsCertificate(name, TeamsCertificates))
		if base64.RawURLEncoding.EncodeToString(sum[:]) == header.Thumbprint {
			word = name
		}
	}
	now, from, until := t.now(), time.Unix(claims.NotBefore, 0), time.Unix(claims.Expires, 0)
	switch {
	case word == "" || !teamsSigned(parts):
		return refuse(700027)
	case claims.Issuer != TeamsApp || claims.Subject != TeamsApp || form.Get("client_id") != TeamsApp:
		return refuse(700021)
	case claims.Audience != teamsAudience:
		return refuse(700023)
	case from.After(now.Add(teamsTolerance)) || until.Before(now.Add(-teamsTolerance)) || until.Sub(from) > teamsAssertionLife || t.asserted[claims.ID]:
		return refuse(700024)
	}
	t.asserted[claims.ID] = true
	return word, nil
}

// strictPart decodes a part of a JSON Web Token that has no members but those that are known.
func strictPart(part string, into any) bool {
	text, err := base64.RawURLEncoding.DecodeString(part)
	return err == nil && strictly(text, into) == nil
}

// teamsSigned reports whether an assertion is signed with the key of the app's certificates.
func teamsSigned(parts []string) bool {
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	options := &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}
	return err == nil && rsa.VerifyPSS(&googleKey().PublicKey, crypto.SHA256, sum[:], signature, options) == nil
}
