package webhook

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// The headers of Standard Webhooks.
const (
	headerID        = "Webhook-Id"
	headerTimestamp = "Webhook-Timestamp"
	headerSignature = "Webhook-Signature"
)

const (
	// secretPrefix begins a secret.
	secretPrefix = "whsec_"
	// minSecret and maxSecret bound it in bytes, as the specification recommends.
	minSecret, maxSecret = 24, 64
	// idPrefix begins the id of an event.
	idPrefix = "msg_"
)

// signer has the secrets that are active: one, or two while they change.
type signer [][]byte

// newSigner reads the secrets. Errors repeat nothing of them.
func newSigner(secrets messenger.Secrets) (signer, error) {
	var all signer
	for _, name := range []string{SecretSigning, SecretPrevious} {
		secret := secrets.Trimmed(name)
		if secret == "" && name == SecretPrevious {
			continue
		}
		encoded, isSecret := strings.CutPrefix(secret, secretPrefix)
		key, err := base64.StdEncoding.DecodeString(encoded)
		if !isSecret || err != nil || len(key) < minSecret || len(key) > maxSecret {
			return nil, errors.New("webhook: the secret " + name + " is not " + secretPrefix +
				" and 24 to 64 random bytes in base64, as openssl rand -base64 32 makes them")
		}
		all = append(all, key)
	}
	return all, nil
}

// sign sets the headers of a signed event.
func (s signer) sign(h http.Header, id string, now time.Time, body []byte) {
	timestamp := strconv.FormatInt(now.Unix(), 10)
	signatures := make([]string, len(s))
	for i, key := range s {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(id + "." + timestamp + "."))
		mac.Write(body)
		signatures[i] = "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	h.Set(headerID, id)
	h.Set(headerTimestamp, timestamp)
	h.Set(headerSignature, strings.Join(signatures, " "))
}

// idOf is the id of an event that is delivered under a key.
func idOf(key string, body []byte) string {
	sum := sha256.Sum256(body)
	return idPrefix + key + "_" + hex.EncodeToString(sum[:8])
}

// newID is the id of an event that is never repeated.
func newID() string { return idPrefix + strings.ToLower(rand.Text()) }

// checkHeader refuses what cannot be sent in a header.
func checkHeader(value string) (string, error) {
	if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }) {
		return "", errors.New("webhook: the secret " + SecretAuthorization + " holds line breaks or characters that no header has")
	}
	return value, nil
}
