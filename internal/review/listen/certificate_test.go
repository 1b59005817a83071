package listen

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-logr/logr"
)

// issue writes a certificate with a serial number into a directory.
func issue(t *testing.T, dir string, serial int64) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "clicks.example"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"clicks.example"},
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "tls.crt"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}))
	write(t, filepath.Join(dir, "tls.key"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded}))
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// later makes the certificate old enough to be read again.
func (c *certificate) later() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.read = time.Time{}
}

func TestCertificatesAreRotated(t *testing.T) {
	dir := t.TempDir()
	issue(t, dir, 1)
	s, err := New(Options{CertDir: dir, Log: logr.Discard(), Find: only(map[string]http.HandlerFunc{"slack": fine})})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := start(t, s, listener)
	expect := func(want int64) {
		t.Helper()
		s.certificate.later()
		if got := serialAt(t, r.address); got != want {
			t.Errorf("the certificate is number %d, want %d", got, want)
		}
	}
	expect(1)
	issue(t, dir, 2)
	expect(2)
	// In the middle of a rotation the files do not belong together.
	kept, err := os.ReadFile(filepath.Join(dir, "tls.crt"))
	if err != nil {
		t.Fatal(err)
	}
	issue(t, dir, 3)
	next, err := os.ReadFile(filepath.Join(dir, "tls.crt"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "tls.crt"), kept)
	expect(2)
	write(t, filepath.Join(dir, "tls.crt"), next)
	expect(3)
	if err := os.Remove(filepath.Join(dir, "tls.key")); err != nil {
		t.Fatal(err)
	}
	expect(3)
}

// serialAt makes a call, and returns the serial number of the server's certificate.
func serialAt(t *testing.T, address string) int64 {
	t.Helper()
	var serial int64
	transport := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: true,
		VerifyConnection: func(state tls.ConnectionState) error {
			serial = state.PeerCertificates[0].SerialNumber.Int64()
			return nil
		},
	}}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://"+address+Path("team", "slack"), nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusNoContent || response.ProtoMajor != 1 {
		t.Errorf("got %s by %s", response.Status, response.Proto)
	}
	return serial
}

func TestWithoutACertificate(t *testing.T) {
	if _, err := New(Options{CertDir: t.TempDir()}); err == nil {
		t.Error("New takes a directory without a certificate")
	}
}
