package messengertest

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

const (
	googleTokenPath = "/token"
	// googleTokenMethod is the name of a fault of this endpoint.
	googleTokenMethod = "oauth2.token"
	googleTokenURI    = "https://oauth2.googleapis.com/token"
	googleScope       = "https://www.googleapis.com/auth/chat.bot"
	googleTokenLife   = time.Hour
	// googleTolerance is how far the time of an assertion may be away. Google says that it must
	// be "in a reasonable timeframe".
	googleTolerance = 5 * time.Minute
)

// googleGrant is an access token: whose key it was given for, and until when it lasts.
type googleGrant struct {
	token string
	until time.Time
}

// googleKey is the private key of all service accounts. Which of them it is for, an assertion
// says by the id of its key.
var googleKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic("no key for the simulated service accounts: " + err.Error())
	}
	return key
})

// ServiceAccountKey is the key file of a service account that a word stands for, which is a
// token. What is no word stands for itself.
func ServiceAccountKey(word string) string {
	if word == "" || strings.ContainsAny(word, " \n") {
		return word
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(googleKey())
	if err != nil {
		panic("the key of a simulated service account cannot be encoded: " + err.Error())
	}
	text, err := json.Marshal(map[string]string{
		"type": "service_account", "project_id": "simulated", "private_key_id": googleKeyID(word),
		"private_key":  string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded})),
		"client_email": googleEmail(word), "client_id": "100000000000000000001",
		"auth_uri": "https://accounts.google.com/o/oauth2/auth", "token_uri": googleTokenURI, "universe_domain": "googleapis.com",
	})
	if err != nil {
		panic("a simulated service account cannot be encoded: " + err.Error())
	}
	return string(text)
}

func googleKeyID(word string) string {
	sum := sha256.Sum256([]byte(word))
	return hex.EncodeToString(sum[:20])
}

func googleEmail(word string) string {
	return "access-notifier-" + googleKeyID(word)[:8] + "@simulated.iam.gserviceaccount.com"
}

// token answers at the endpoint for access tokens, which is another host's in life.
func (g *GoogleChat) token(r *http.Request, body []byte) (response, bool) {
	if r.URL.Path != googleTokenPath {
		return response{}, false
	}
	if f, ok := g.faults.failureOf(googleTokenMethod); ok {
		return googleGrantFailure(f), true
	}
	g.server.lock.Lock()
	defer g.server.lock.Unlock()
	return g.grant(r, body), true
}

func googleGrantFailure(f Failure) response {
	if f.Code == "" {
		return badGateway(f.Status).retryAfter(f.RetryAfter)
	}
	status := f.Status
	if status == 0 {
		status = http.StatusBadRequest
	}
	return googleGrantRefusal(status, f.Code)
}

// googleGrantRefusal is an error of RFC 6749, section 5.2.
func googleGrantRefusal(status int, code string) response {
	return jsonResponse(status, map[string]string{"error": code, "error_description": "Simulated description for " + code + "."})
}

func (g *GoogleChat) grant(r *http.Request, body []byte) response {
	form, err := url.ParseQuery(string(body))
	if err != nil || r.Method != http.MethodPost || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		return googleGrantRefusal(http.StatusBadRequest, "invalid_request")
	}
	if form.Get("grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer" {
		return googleGrantRefusal(http.StatusBadRequest, "unsupported_grant_type")
	}
	claims, word, ok := g.verify(form.Get("assertion"))
	if !ok || !claims.timely(g.now()) {
		return googleGrantRefusal(http.StatusBadRequest, "invalid_grant")
	}
	if claims.Scope != googleScope {
		return googleGrantRefusal(http.StatusBadRequest, "invalid_scope")
	}
	value := fmt.Sprintf("ya29.%x", sha256.Sum256(fmt.Appendf(nil, "%s %d", word, len(g.granted))))
	g.granted[value] = googleGrant{token: word, until: g.now().Add(googleTokenLife)}
	return jsonResponse(http.StatusOK, map[string]any{
		"access_token": value, "expires_in": int(googleTokenLife.Seconds()) - 1, "token_type": "Bearer",
	})
}

// googleClaims are what an assertion says.
type googleClaims struct {
	Iss, Scope, Aud string
	Iat, Exp        int64
}

func (c googleClaims) timely(now time.Time) bool {
	issued, ends := time.Unix(c.Iat, 0), time.Unix(c.Exp, 0)
	return now.Sub(issued).Abs() <= googleTolerance && ends.After(now) && ends.Sub(issued) <= googleTokenLife
}

// verify returns what an assertion says, and whose key has signed it, which is one that works.
func (g *GoogleChat) verify(assertion string) (claims googleClaims, word string, ok bool) {
	parts := strings.Split(assertion, ".")
	if len(parts) != 3 {
		return claims, "", false
	}
	var header struct{ Alg, Typ, Kid string }
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || !decodePart(parts[0], &header) || !decodePart(parts[1], &claims) || header.Alg != "RS256" {
		return claims, "", false
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if rsa.VerifyPKCS1v15(&googleKey().PublicKey, crypto.SHA256, sum[:], signature) != nil {
		return claims, "", false
	}
	for word, t := range g.tokens {
		if googleKeyID(word) == header.Kid {
			return claims, word, t.refusal == "" && claims.Iss == googleEmail(word) && claims.Aud == googleTokenURI
		}
	}
	return claims, "", false
}

func decodePart(part string, into any) bool {
	text, err := base64.RawURLEncoding.DecodeString(part)
	return err == nil && json.Unmarshal(text, into) == nil
}

// authenticate reports whether a call has an access token that lasts, of a key that still works:
// Google ends those of an account that was disabled.
func (g *GoogleChat) authenticate(c *call) bool {
	value, ok := strings.CutPrefix(c.http.Header.Get("Authorization"), "Bearer ")
	grant, known := g.granted[value]
	if !ok || !known || !g.now().Before(grant.until) {
		return false
	}
	c.token = grant.token
	t := g.tokens[c.token]
	return t != nil && t.refusal == ""
}

// EndAccessTokens ends all access tokens that were given so far.
func (g *GoogleChat) EndAccessTokens() {
	g.server.lock.Lock()
	defer g.server.lock.Unlock()
	clear(g.granted)
}
