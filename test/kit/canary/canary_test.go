package canary_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"html"
	"net/url"
	"strings"
	"testing"

	"github.com/accessnotifier/accessnotifier/test/kit/canary"
)

// secret has what each escaping changes.
const secret = `p&ss"w<rd/with+all=kinds of ünïque ch\rs`

// TestACanaryIsFoundInEveryForm in which a program can show it, also when it is cut.
func TestACanaryIsFoundInEveryForm(t *testing.T) {
	word := canary.Word("a token")
	quoted, err := json.Marshal(word)
	if err != nil {
		t.Fatal(err)
	}
	for name, shown := range map[string]string{
		"as it is":          word,
		"upper case":        strings.ToUpper(word),
		"its beginning":     word[:12] + "...",
		"its end":           "..." + word[len(word)-12:],
		"its middle":        "..." + word[10:24] + "...",
		"a header":          "Authorization: Bearer xoxb-" + word,
		"JSON":              string(quoted),
		"%q":                fmt.Sprintf("%q", word),
		"a URL":             "https://x.example/?token=" + url.QueryEscape(word),
		"hex":               hex.EncodeToString([]byte("before " + word)),
		"%X":                fmt.Sprintf("%X", word),
		"base64":            base64.StdEncoding.EncodeToString([]byte(word)),
		"base64 after one":  base64.StdEncoding.EncodeToString([]byte("u" + word)),
		"base64 after two":  base64.StdEncoding.EncodeToString([]byte("u:" + word + "after")),
		"base64 of a URL":   base64.RawURLEncoding.EncodeToString([]byte(`{"a":"` + word + `"}`)),
		"bytes":             fmt.Sprintf("%v", []byte(word)),
		"bytes in Go":       fmt.Sprintf("%d", []byte(word)[3:20]),
		"bytes in JSON":     strings.ReplaceAll(fmt.Sprintf("%v", []byte(word)), " ", ","),
		"a Secret's values": fmt.Sprintf("%v", map[string][]byte{"token": []byte(word)}),
	} {
		if got := nest(t, canary.Secret, "token", word).Found(strings.Repeat("before ", 20) + shown + " after"); len(got) != 1 || !strings.HasPrefix(got[0].String(), "secret token") {
			t.Errorf("%s, found is %q", name, got)
		}
	}
}

// TestEscapesAreFound for values that change by them.
func TestEscapesAreFound(t *testing.T) {
	n := nest(t, canary.Secret, "password", strings.ReplaceAll(secret, " ", "_"))
	value := strings.ReplaceAll(secret, " ", "_")
	encoded, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	for name, shown := range map[string]string{
		"%q": fmt.Sprintf("%q", value), "JSON": string(encoded), "a query": url.QueryEscape(value), "a path": url.PathEscape(value), "HTML": html.EscapeString(value),
	} {
		if len(n.Found(shown)) != 1 {
			t.Errorf("%s: nothing is found in %s", name, shown)
		}
	}
}

// TestOnlyWhatIsSecretCounts of a file with public parts.
func TestOnlyWhatIsSecretCounts(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	private := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	public := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte(strings.Repeat("a public certificate", 9))}))
	account, err := json.Marshal(map[string]string{"private_key": private, "client_email": "simulated@project.iam.gserviceaccount.com"})
	if err != nil {
		t.Fatal(err)
	}
	line := strings.Split(private, "\n")[1]
	signature := canary.Word("signature")
	for name, tt := range map[string]struct{ value, shown, hidden string }{
		"an identity file":  {private + public, strings.Split(public, "\n")[1], line[20:40]},
		"a service account": {string(account), "simulated@project.iam.gserviceaccount.com -----BEGIN PRIVATE KEY-----", line[10:30]},
		"a URL":             {"https://prod.westeurope.logic.azure.com/workflows/1?sig=x" + hex.EncodeToString([]byte(signature)), "prod.westeurope.logic.azure.com/workflows/1", hex.EncodeToString([]byte(signature))[:20]},
		"a URL with a user": {"https://someone-of-a-name-that-is-long:0123456789abcdefghijklmn@proxy.example:8080/path", "proxy.example:8080/path", "0123456789abcdef"},
		"a token":           {"xapp-1-A0SIMULATED-1-" + signature, "xapp-1-A0SIMULATED-1-", signature[20:]},
	} {
		n := nest(t, canary.Secret, name, tt.value)
		if got := n.Found(tt.shown); len(got) != 0 {
			t.Errorf("%s: what is public is found: %q", name, got)
		}
		if got := n.Found("x" + tt.hidden + "x"); len(got) != 1 {
			t.Errorf("%s: found is %q", name, got)
		}
	}
}

// TestWhatCannotBeSearchedForIsRefused: it would never be found.
func TestWhatCannotBeSearchedForIsRefused(t *testing.T) {
	for _, value := range []string{"", "short", "many short words here", "https://hooks.example.com/path?a=b", `{"a":"b"}`, "-----BEGIN CERTIFICATE-----\nYWJj\n-----END CERTIFICATE-----\n"} {
		var n canary.Nest
		if err := n.Add(canary.Secret, "value", value); err == nil {
			t.Errorf("%q is taken", value)
		}
	}
}

// TestKindsAreSearchedApart, and each canary is told once.
func TestKindsAreSearchedApart(t *testing.T) {
	n := nest(t, canary.Secret, "token", canary.Word("token"))
	if err := n.Add(canary.Text, "reason", canary.Word("reason")); err != nil {
		t.Fatal(err)
	}
	text := strings.Repeat(canary.Word("token")+" "+canary.Word("reason")+"\n", 3)
	if all, secrets, texts := n.Found(text), n.Found(text, canary.Secret), n.Found(text, canary.Text); len(all) != 2 || len(secrets) != 1 || len(texts) != 1 || texts[0].Name != "reason" {
		t.Errorf("found are %q, of secrets %q, of texts %q", all, secrets, texts)
	}
	if got := n.Found("nothing of them is here, nor cnry0123456789abcdef0123456789abcdef"); len(got) != 0 {
		t.Errorf("in another text, found is %q", got)
	}
}

// TestALogIsSearchedAsItIsWritten, wherever its writes are cut.
func TestALogIsSearchedAsItIsWritten(t *testing.T) {
	n := nest(t, canary.Secret, "token", canary.Word("token"))
	log := n.Log()
	write := func(text string) {
		if _, err := log.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	write("a line\nanother ")
	write(canary.Word("token")[:8])
	if got := log.Findings(); len(got) != 0 {
		t.Errorf("found is %q", got)
	}
	write(canary.Word("token")[8:])
	if got := log.Findings(); len(got) != 1 {
		t.Errorf("at the end of a line that is not whole, found is %q", got)
	}
	write("\nmore\n")
	if got := log.Findings(); len(got) != 1 {
		t.Errorf("in the end, found is %q", got)
	}
}

func nest(t *testing.T, kind canary.Kind, name, value string) *canary.Nest {
	t.Helper()
	n := &canary.Nest{}
	if err := n.Add(kind, name, value); err != nil {
		t.Fatal(err)
	}
	return n
}
