package supervisor_test

import (
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"maps"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/dialguard"
	"github.com/accessnotifier/accessnotifier/internal/keysize/keysizetest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/messenger/webhook"
	"github.com/accessnotifier/accessnotifier/internal/supervisor"
)

// authority signs certificates of chat servers.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// newAuthority makes one that is valid for so long, from two hours ago on.
func newAuthority(t *testing.T, validFor time.Duration) authority {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "private authority"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage:  x509.KeyUsageCertSign,
		NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(validFor - 2*time.Hour),
	}
	a := authority{}
	a.certificate, a.key = a.sign(t, template)
	return a
}

// sign signs a certificate, or has it sign itself if there is no authority yet.
func (a authority) sign(t *testing.T, template *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	parent, by := a.certificate, a.key
	if parent == nil {
		parent, by = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, by)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return certificate, key
}

func (a authority) pem() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.certificate.Raw}))
}

// serve runs a Mattermost server whose certificate the authority has signed.
func (a authority) serve(t *testing.T, validFor time.Duration) *httptest.Server {
	t.Helper()
	certificate, key := a.sign(t, &x509.Certificate{
		SerialNumber: big.NewInt(2), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(validFor - 2*time.Hour),
	})
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"id":"abcdefghijklmnopqrstuvwxyz","is_bot":true}`)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that are to fail
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{{Certificate: [][]byte{certificate.Raw}, PrivateKey: key}}}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

func TestAPrivateAuthorityIsTrustedByItsNotifierAlone(t *testing.T) {
	ours, theirs, gone := newAuthority(t, 24*time.Hour), newAuthority(t, 24*time.Hour), newAuthority(t, time.Hour)
	s := supervisor.New(supervisor.Options{AllowNetworks: dialguard.Loopback()})
	for name, tt := range map[string]struct {
		server *httptest.Server
		ca     string
		want   string // the code of the failure, "" for none
	}{
		"right":               {ours.serve(t, 24*time.Hour), ours.pem(), ""},
		"among others":        {ours.serve(t, 24*time.Hour), "A comment\n" + theirs.pem() + "\n" + ours.pem(), ""},
		"wrong":               {ours.serve(t, 24*time.Hour), theirs.pem(), "tls_failed"},
		"none":                {ours.serve(t, 24*time.Hour), "", "tls_failed"},
		"expired certificate": {ours.serve(t, time.Hour), ours.pem(), "tls_failed"},
		"expired authority":   {gone.serve(t, 24*time.Hour), gone.pem(), "tls_failed"},
	} {
		t.Run(name, func(t *testing.T) {
			secrets := messenger.Secrets{messenger.SecretToken: "token"}
			if tt.ca != "" {
				secrets[messenger.SecretCA] = tt.ca
			}
			bot, err := s.NewMessenger(supervisor.Messenger{Type: "Mattermost", URL: tt.server.URL, Secrets: secrets})
			if err != nil {
				t.Fatal(err)
			}
			switch err := bot.Check(t.Context()); {
			case tt.want == "" && err != nil:
				t.Error(err)
			case tt.want != "" && !messenger.HasCode(err, tt.want):
				t.Errorf("Check() = %v, want %s", err, tt.want)
			}
		})
	}
}

func TestWhatIsNoAuthorityIsNamed(t *testing.T) {
	good := newAuthority(t, time.Hour).pem()
	_, large := keysizetest.Pair(t, 8200)
	for name, ca := range map[string]string{
		"garbage":        "secret",
		"a key":          "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n",
		"a key besides":  good + "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n",
		"half of one":    good[:len(good)/2],
		"a large one":    good + string(large),
		"nothing in PEM": "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
	} {
		_, err := supervisor.New(supervisor.Options{}).NewMessenger(supervisor.Messenger{
			Type: "Mattermost", URL: "https://chat.example.com", Secrets: messenger.Secrets{messenger.SecretToken: "token", messenger.SecretCA: ca},
		})
		if _, ok := errors.AsType[*supervisor.ConfigError](err); !ok || !strings.Contains(err.Error(), "certificate authorities cannot be used") ||
			strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestOnlyTheOperatorLeadsToThisMachine: an author who names a server there could have a sidecar's
// own interface called, with a path of theirs by a webhook. That it is written as an address of this
// machine makes no difference.
func TestOnlyTheOperatorLeadsToThisMachine(t *testing.T) {
	var called []string
	sidecar := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { called = append(called, r.URL.Path) }))
	defer sidecar.Close()
	secrets := messenger.Secrets{webhook.SecretSigning: messengertest.SigningSecrets("token")}
	withCA := maps.Clone(secrets)
	withCA[messenger.SecretCA] = newAuthority(t, 24*time.Hour).pem()
	address := sidecar.URL + "/quitquitquit"
	byName := strings.Replace(address, "127.0.0.1", "localhost", 1)
	token := messenger.Token("token")
	for _, m := range []supervisor.Messenger{
		{URL: address}, {URL: byName}, {URL: address, Insecure: true},
		{URL: strings.Replace(address, "http:", "https:", 1)}, {URL: strings.Replace(byName, "http:", "https:", 1), Secrets: withCA},
		{Type: "Mattermost", URL: sidecar.URL, Secrets: token}, {Type: "Mattermost", URL: "http://localhost:1", Secrets: token},
		{Type: "Mattermost", URL: "https://127.0.0.2", Secrets: token}, {Type: "Mattermost", URL: "https://[::1]", Secrets: token},
	} {
		m.Type = cmp.Or(m.Type, "Webhook")
		if m.Secrets == nil {
			m.Secrets = secrets
		}
		bot, err := supervisor.New(supervisor.Options{}).NewMessenger(m)
		if err != nil {
			t.Fatal(err)
		}
		if err := bot.Check(t.Context()); !messenger.HasCode(err, "loopback_address") {
			t.Errorf("Check at %s = %v", m.URL, err)
		}
	}
	if len(called) > 0 {
		t.Errorf("the sidecar was called at %q", called)
	}
	allowed := supervisor.New(supervisor.Options{AllowNetworks: dialguard.Loopback()})
	bot, err := allowed.NewMessenger(supervisor.Messenger{Type: "Webhook", URL: address, Secrets: secrets})
	if err != nil {
		t.Fatal(err)
	}
	if err := bot.Check(t.Context()); err != nil || len(called) != 1 {
		t.Errorf("with the networks allowed, Check = %v after %d calls", err, len(called))
	}
}

// The API server refuses other addresses without TLS, but an object may be older than that.
func TestNoTokenIsSentInClearTextUnasked(t *testing.T) {
	s := supervisor.New(supervisor.Options{})
	for _, m := range []supervisor.Messenger{
		{URL: "http://mattermost.chat.svc:8065"},
		{URL: "http://chat.example.com", Insecure: true},
		{URL: "http://10.96.0.10", Insecure: true},
	} {
		m.Type, m.Secrets = "Mattermost", messenger.Token("token")
		if _, err := s.NewMessenger(m); err == nil || !strings.Contains(err.Error(), "use https://") {
			t.Errorf("%s, insecure %t: %v", m.URL, m.Insecure, err)
		}
	}
	if _, err := s.NewMessenger(supervisor.Messenger{
		Type: "Mattermost", URL: "http://mattermost.chat.svc:8065", Insecure: true, Secrets: messenger.Token("token"),
	}); err != nil {
		t.Error(err)
	}
}
