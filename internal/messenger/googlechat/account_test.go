package googlechat

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"strings"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/keysize/keysizetest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// keyFileWith returns a key file in which some members are others. A nil takes one out.
func keyFileWith(t *testing.T, changes map[string]any) string {
	t.Helper()
	var file map[string]any
	if err := json.Unmarshal([]byte(messengertest.ServiceAccountKey("word")), &file); err != nil {
		t.Fatal(err)
	}
	for name, value := range changes {
		file[name] = value
		if value == nil {
			delete(file, name)
		}
	}
	text, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func otherKey(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded}))
}

func TestKeyFilesAreChecked(t *testing.T) {
	with := func(name string, value any) string { return keyFileWith(t, map[string]any{name: value}) }
	large, _ := keysizetest.Pair(t, 8200)
	huge, _ := keysizetest.Pair(t, 1<<18)
	for name, tt := range map[string]struct {
		text string
		want error
	}{
		"as it is made":           {keyFileWith(t, nil), nil},
		"of former times":         {with("token_uri", "https://accounts.google.com/o/oauth2/token"), nil},
		"without the key's id":    {with("private_key_id", nil), nil},
		"a stand-in":              {standIn(), nil},
		"no JSON":                 {"secret", errNoKeyFile},
		"a list":                  {`["secret"]`, errNoKeyFile},
		"half a file":             {keyFileWith(t, nil)[:200], errNoKeyFile},
		"an authorized user":      {with("type", "authorized_user"), errOtherType},
		"of an OAuth client":      {`{"installed":{"client_id":"secret"}}`, errOtherType},
		"without an e-mail":       {with("client_email", nil), errNoEmail},
		"without a private key":   {with("private_key", nil), errPrivateKey},
		"a key that is cut":       {with("private_key", "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n"), errPrivateKey},
		"a key of another kind":   {with("private_key", otherKey(t)), errPrivateKey},
		"a key that is large":     {with("private_key", string(large)), errPrivateKey},
		"a key without end":       {with("private_key", string(huge)), errPrivateKey},
		"an endpoint of others":   {with("token_uri", "https://evil.example/token"), errEndpoint},
		"an endpoint without TLS": {with("token_uri", "http://oauth2.googleapis.com/token"), errEndpoint},
		"a metadata server":       {with("token_uri", "http://169.254.169.254/token"), errEndpoint},
		"without an endpoint":     {with("token_uri", nil), errEndpoint},
	} {
		_, err := New(messenger.Config{Secrets: messenger.Secrets{SecretServiceAccount: " " + tt.text + "\n"}})
		if tt.want == nil {
			if err != nil {
				t.Errorf("%s: New = %v", name, err)
			}
			continue
		}
		if err == nil || !strings.HasSuffix(err.Error(), "the serviceAccount "+tt.want.Error()) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: New = %v, want it to say that it %v", name, err, tt.want)
		}
		if parsed := checkSecret("serviceAccount", tt.text); !errors.Is(parsed, tt.want) {
			t.Errorf("%s: the error %v does not wrap its cause", name, parsed)
		}
	}
}
