package teleporttest

import (
	"context"
	"crypto/tls"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gravitational/teleport/api/client"
	"github.com/gravitational/teleport/api/identityfile"
	"github.com/gravitational/teleport/api/utils/keys"
)

func TestIdentityNamesUserAndRoles(t *testing.T) {
	s := ForTest(t, Options{})
	id := must(s.Identity(IdentityOptions{User: "bot", Roles: []string{"a", "b"}, TTL: time.Minute}))(t)
	file := must(identityfile.FromString(string(id.File)))(t)
	cert, _, err := keys.X509Certificate(file.Certs.TLS)
	if err != nil {
		t.Fatal(err)
	}
	if cert.Subject.CommonName != "bot" {
		t.Errorf("user = %q", cert.Subject.CommonName)
	}
	if diff := cmp.Diff([]string{"a", "b"}, cert.Subject.Organization); diff != "" {
		t.Errorf("roles (-want +got):\n%s", diff)
	}
	if expiry, ok := file.Expiry(); !ok || expiry.Sub(id.NotAfter).Abs() > time.Second {
		t.Errorf("expiry = %v, want %v", expiry, id.NotAfter)
	}
	if _, err := file.SSHClientConfig(); err != nil {
		t.Errorf("ssh part: %v", err)
	}
}

func TestTLSFilesConnect(t *testing.T) {
	s := ForTest(t, Options{})
	id := must(s.Identity(IdentityOptions{}))(t)
	dir := t.TempDir()
	paths := map[string]string{}
	for name, content := range map[string][]byte{"key": id.Key, "crt": id.Cert, "cas": id.CAs} {
		paths[name] = filepath.Join(dir, "auth."+name)
		if err := os.WriteFile(paths[name], content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	clt := must(client.New(ctx, client.Config{
		Addrs:       []string{s.Addr()},
		Credentials: []client.Credentials{client.LoadKeyPair(paths["crt"], paths["key"], paths["cas"])},
	}))(t)
	defer clt.Close()
	must(clt.Ping(ctx))(t)
}

func TestRefusedIdentities(t *testing.T) {
	for name, tt := range map[string]struct {
		identity IdentityOptions
		skew     time.Duration
		cause    string
	}{
		"expired":             {identity: IdentityOptions{TTL: -time.Second, NotBefore: -time.Hour}, cause: "tls: expired certificate"},
		"not yet valid":       {identity: IdentityOptions{NotBefore: 30 * time.Minute}, cause: "tls: expired certificate"},
		"other cluster":       {identity: IdentityOptions{OtherCluster: true}, cause: "x509: certificate signed by unknown authority"},
		"other user CA":       {identity: IdentityOptions{OtherUserCA: true}, cause: "tls: unknown certificate authority"},
		"server's clock runs": {skew: 2 * time.Hour, cause: "tls: expired certificate"},
		"none":                {},
	} {
		t.Run(name, func(t *testing.T) {
			var clock fakeClock
			s := ForTest(t, Options{Now: clock.now})
			id := must(s.Identity(tt.identity))(t)
			clock.advance(tt.skew)
			err := handshake(s, id)
			if tt.cause == "" {
				if err != nil {
					t.Errorf("a valid identity is refused: %v", err)
				}
				return
			}
			wantErr(t, err, "", tt.cause)
			if n := s.Connections(); n != 0 {
				t.Errorf("%d connections are established", n)
			}
		})
	}
}

// handshake connects as the API client does and waits for the server's first
// bytes: a TLS 1.3 client learns only then that the server refused it.
func handshake(s *Server, id *Identity) error {
	config, err := client.LoadIdentityFileFromString(string(id.File)).TLSConfig()
	if err != nil {
		return err
	}
	nc, err := tls.Dial("tcp", s.Addr(), config)
	if err != nil {
		return err
	}
	defer nc.Close()
	_, err = nc.Read(make([]byte, 1))
	return err
}

func TestConnectionOutlivesCertificate(t *testing.T) {
	var clock fakeClock
	s := ForTest(t, Options{Now: clock.now})
	clt := connect(t, s, PluginRole)
	clock.advance(2 * time.Hour)
	must(clt.Ping(t.Context()))(t)
}
