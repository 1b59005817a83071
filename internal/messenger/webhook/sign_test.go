package webhook

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// FuzzSignature: whatever is signed is verified by a receiver that knows one of the secrets, and
// is not once a byte of it has changed.
func FuzzSignature(f *testing.F) {
	f.Add([]byte("a key"), []byte("another"), "key", int64(1772816400), []byte(`{"type":"ping"}`), uint16(0), byte(1))
	f.Add([]byte{}, []byte{0}, "a.b", int64(0), []byte{}, uint16(3), byte(0x20))
	f.Add(bytes.Repeat([]byte{0xff}, 64), []byte{}, "", int64(-1), []byte("."), uint16(70), byte(0x80))
	f.Add(bytes.Repeat([]byte{7}, 63), bytes.Repeat([]byte{8}, 65), "k", int64(253402300799), bytes.Repeat([]byte("é"), 100), uint16(150), byte(3))
	f.Fuzz(func(t *testing.T, now, before []byte, key string, at int64, body []byte, place uint16, change byte) {
		secrets := messenger.Secrets{SecretSigning: secretOf(now), SecretPrevious: secretOf(before)}
		s, err := newSigner(secrets)
		if err != nil {
			t.Fatal(err)
		}
		sent := signed(s, key, at, body)
		for name, secret := range secrets {
			if !verify(secret, sent, body) {
				t.Fatalf("a receiver that has the %s refuses %v", name, sent)
			}
		}
		if other := secretOf(append([]byte("x"), now...)); other != secrets[SecretPrevious] && other != secrets[SecretSigning] && verify(other, sent, body) {
			t.Fatal("a receiver that has neither secret accepts it")
		}
		if change == 0 {
			return
		}
		// Of two signatures, the other would still be right.
		sent = signed(s[:1], key, at, body)
		if forged, changed := flip(sent, body, int(place), change); verify(secrets[SecretSigning], forged, changed) {
			t.Errorf("a receiver accepts %v, %q of %v, %q", forged, changed, sent, body)
		}
	})
}

// secretOf makes a secret of any bytes, which are cut or filled to what a secret may have.
func secretOf(key []byte) string {
	key = key[:min(len(key), maxSecret)]
	for len(key) < minSecret {
		key = append(key[:len(key):len(key)], byte(len(key)))
	}
	return secretPrefix + base64.StdEncoding.EncodeToString(key)
}

// signed are the headers of an event.
func signed(s signer, key string, at int64, body []byte) http.Header {
	h := http.Header{}
	s.sign(h, idOf(key, body), time.Unix(at, 0), body)
	return h
}

// flip changes one byte of what is sent: of one of the headers, or of the body.
func flip(sent http.Header, body []byte, place int, change byte) (http.Header, []byte) {
	sent, body = sent.Clone(), bytes.Clone(body)
	for _, name := range []string{headerID, headerTimestamp, headerSignature} {
		value := []byte(sent.Get(name))
		if place < len(value) {
			value[place] ^= change
			sent.Set(name, string(value))
			return sent, body
		}
		place -= len(value)
	}
	if len(body) == 0 {
		return sent, []byte{change}
	}
	body[place%len(body)] ^= change
	return sent, body
}

// verify is a receiver of Standard Webhooks, written from the specification:
// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md.
// When the event was sent is not looked at.
func verify(secret string, sent http.Header, body []byte) bool {
	key, err := base64.StdEncoding.Strict().DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return false
	}
	id, timestamp := sent.Get("webhook-id"), sent.Get("webhook-timestamp")
	if _, err := strconv.ParseInt(timestamp, 10, 64); err != nil {
		return false
	}
	want := base64.StdEncoding.EncodeToString(hmacSHA256(key, []byte(id+"."+timestamp+"."+string(body))))
	for signature := range strings.SplitSeq(sent.Get("webhook-signature"), " ") {
		if version, value, _ := strings.Cut(signature, ","); version == "v1" && subtle.ConstantTimeCompare([]byte(value), []byte(want)) == 1 {
			return true
		}
	}
	return false
}

// hmacSHA256 is the HMAC of RFC 2104.
func hmacSHA256(key, text []byte) []byte {
	var inner, outer [sha256.BlockSize]byte
	if len(key) > len(inner) {
		sum := sha256.Sum256(key)
		key = sum[:]
	}
	copy(inner[:], key)
	copy(outer[:], key)
	for i := 0; i < len(inner); i += 8 {
		binary.BigEndian.PutUint64(inner[i:], binary.BigEndian.Uint64(inner[i:])^0x3636363636363636)
		binary.BigEndian.PutUint64(outer[i:], binary.BigEndian.Uint64(outer[i:])^0x5c5c5c5c5c5c5c5c)
	}
	sum := sha256.Sum256(append(inner[:], text...))
	sum = sha256.Sum256(append(outer[:], sum[:]...))
	return sum[:]
}
