package teleport

import (
	"bytes"
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"golang.org/x/crypto/ssh"

	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

// FuzzParseIdentity: whatever credentials are, they are refused with a reason and nothing of
// their keys, or a server of TLS and one of SSH let them in as the user that they name.
func FuzzParseIdentity(f *testing.F) {
	srv := teleporttest.ForTest(f, teleporttest.Options{ClusterName: "lab"})
	issued := func(o teleporttest.IdentityOptions) *teleporttest.Identity {
		raw, err := srv.Identity(o)
		if err != nil {
			f.Fatal(err)
		}
		return raw
	}
	good := issued(teleporttest.IdentityOptions{TTL: 24 * time.Hour, Roles: []string{"a", "b"}})
	other := issued(teleporttest.IdentityOptions{TTL: 24 * time.Hour, User: "o\tx"})
	expired := issued(teleporttest.IdentityOptions{NotBefore: -2 * time.Hour, TTL: -time.Hour})
	f.Add(good.File, []byte{}, []byte{}, []byte{}, []byte{})
	f.Add(good.File, []byte{}, []byte{}, []byte{}, good.CAs)
	f.Add([]byte{}, good.Cert, good.Key, good.CAs, []byte{})
	f.Add([]byte{}, good.Cert, other.Key, good.CAs, []byte("x"))
	f.Add([]byte{}, slices.Concat(good.Cert, other.Cert), slices.Concat([]byte("# a comment\n"), good.Key), slices.Concat([]byte("\n"), good.CAs, other.CAs), []byte{})
	f.Add(expired.File, []byte{}, []byte{}, []byte{}, []byte{})
	f.Add(other.File, good.Cert, []byte{}, []byte{}, []byte{})
	f.Add(bytes.ReplaceAll(good.File, []byte("\n"), []byte("\r\n")), []byte{}, []byte{}, []byte{}, []byte{})
	f.Add(bytes.ReplaceAll(good.File, []byte("@cert-authority"), []byte("@")), []byte{}, []byte{}, []byte{}, []byte{})
	f.Add(slices.Concat(good.File, sshPart(f, expired.File)), []byte{}, []byte{}, []byte{}, []byte{})
	f.Add(slices.Concat(good.File, sshPart(f, other.File)), []byte{}, []byte{}, []byte{}, []byte{})
	f.Add(slices.Concat(good.File, sshPartOf(f, good.File, 0, 1)), []byte{}, []byte{}, []byte{}, []byte{})
	f.Add(slices.Concat(good.File, sshPartOf(f, good.File, 1<<63, ssh.CertTimeInfinity)), []byte{}, []byte{}, []byte{}, []byte{})
	f.Add(slices.Concat([]byte("ssh-rsa-cert-v01@openssh.com AAAA\n"), good.File), []byte{}, []byte{}, []byte{}, []byte{})
	f.Add([]byte("-----BEGIN"), []byte("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"), []byte{0}, []byte{}, []byte{})

	f.Fuzz(func(t *testing.T, file, cert, key, cas, private []byte) {
		m := Credentials{File: file, Cert: cert, Key: key, CAs: cas, PrivateCA: private}
		now := time.Now()
		id, err := ParseIdentity(m, now)
		if err != nil {
			if id != nil {
				t.Error("there is an identity beside the error")
			}
			checkRefusal(t, m, err)
			return
		}
		if now.Before(id.NotBefore) || now.After(id.NotAfter) || id.Valid(now) != nil {
			t.Errorf("it is accepted, and valid from %s to %s only", id.NotBefore, id.NotAfter)
		}
		if again, err := ParseIdentity(m, now); err != nil || again.Fingerprint != id.Fingerprint || again.User != id.User {
			t.Errorf("it is read in another way the second time: %v, %v", again, err)
		}
		if !slices.IsSorted(id.Roles) || (len(private) > 0) != (id.privateCA != nil) || id.ReachesProxies() != (len(file) > 0) {
			t.Errorf("the identity is %+v", *id)
		}
		enterTLS(t, id)
		if id.ReachesProxies() {
			enterSSH(t, id, now)
		}
	})
}

// sshPart is the line of a file that holds the SSH certificate.
func sshPart(t testing.TB, file []byte) []byte {
	t.Helper()
	for line := range bytes.Lines(file) {
		if bytes.Contains(line, []byte("-cert-v01@openssh.com ")) {
			return line
		}
	}
	t.Fatal("there is no SSH certificate in the file")
	return nil
}

// sshPartOf is that line with other times, as no authority has signed it.
func sshPartOf(t testing.TB, file []byte, from, until uint64) []byte {
	t.Helper()
	key, _, _, _, err := ssh.ParseAuthorizedKey(sshPart(t, file))
	if err != nil {
		t.Fatal(err)
	}
	cert, ok := key.(*ssh.Certificate)
	if !ok {
		t.Fatalf("the key is a %T", key)
	}
	cert.ValidAfter, cert.ValidBefore = from, until
	return ssh.MarshalAuthorizedKey(cert)
}

// checkRefusal holds an error against what a status can show.
func checkRefusal(t *testing.T, m Credentials, err error) {
	t.Helper()
	e, ok := errors.AsType[*Error](err)
	if !ok || !slices.Contains([]string{IdentityMissing, IdentityMalformed, IdentityExpired, IdentityNotYetValid}, e.Detail) {
		t.Fatalf("the error is %#v", err)
	}
	if e.Message == "" || strings.ContainsFunc(e.Message, unicode.IsControl) {
		t.Errorf("the error cannot be shown: %q", e.Message)
	}
	for line := range bytes.Lines(slices.Concat(m.File, []byte("\n"), m.Key)) {
		line = bytes.TrimSpace(line)
		if _, err := base64.StdEncoding.DecodeString(string(line)); len(line) > 30 && err == nil && strings.Contains(e.Message, string(line)) {
			t.Errorf("the error shows a key: %s", e.Message)
		}
	}
}

// enterTLS lets the identity shake hands with a server that wants a certificate of clients. The
// server's own may be of an authority that the identity does not trust.
func enterTLS(t *testing.T, id *Identity) {
	t.Helper()
	if len(id.tls.RootCAs.Subjects()) == 0 { //nolint:staticcheck // the pool is no system pool
		t.Error("the identity trusts no server")
	}
	near, far := net.Pipe()
	defer func() { _, _ = near.Close(), far.Close() }()
	server := tls.Server(far, &tls.Config{Certificates: []tls.Certificate{id.tls.Certificates[0]}, ClientAuth: tls.RequireAnyClientCert, MinVersion: tls.VersionTLS12})
	met := make(chan error, 1)
	go func() { met <- server.HandshakeContext(t.Context()) }()
	config := id.tls.Clone()
	config.InsecureSkipVerify = true
	client := tls.Client(near, config)
	if err := client.HandshakeContext(t.Context()); err != nil {
		t.Fatalf("shaking hands: %v", err)
	}
	if err := <-met; err != nil {
		t.Fatalf("the server refuses it: %v", err)
	}
	if peers := server.ConnectionState().PeerCertificates; len(peers) == 0 || peers[0].Subject.CommonName != id.User {
		t.Errorf("the server meets %v instead of %q", subjects(peers), id.User)
	}
}

func subjects(certificates []*x509.Certificate) (all []string) {
	for _, c := range certificates {
		all = append(all, c.Subject.String())
	}
	return all
}

// enterSSH lets the identity into a server that asks for a certificate, and looks at its time.
func enterSSH(t *testing.T, id *Identity, now time.Time) {
	t.Helper()
	if id.ssh.HostKeyCallback == nil {
		t.Fatal("the identity trusts no Proxy")
	}
	hostKey, err := ssh.NewSignerFromSigner(ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)))
	if err != nil {
		t.Fatal(err)
	}
	config := &ssh.ServerConfig{PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
		cert, ok := key.(*ssh.Certificate)
		if at := uint64(now.Unix()); !ok || at < cert.ValidAfter || at > cert.ValidBefore {
			return nil, errors.New("no certificate, or one of another time")
		}
		return &ssh.Permissions{}, nil
	}}
	config.AddHostKey(hostKey)
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lis.Close() }()
	met := make(chan error, 1)
	go func() { met <- serveSSH(lis, config) }()
	client := *id.ssh
	client.HostKeyCallback = ssh.InsecureIgnoreHostKey()
	conn, err := ssh.Dial("tcp", lis.Addr().String(), &client)
	if err != nil {
		t.Fatalf("the SSH part cannot be used: %v", err)
	}
	_ = conn.Close()
	if err := <-met; err != nil {
		t.Fatalf("the server refuses the SSH part: %v", err)
	}
}

func serveSSH(lis net.Listener, config *ssh.ServerConfig) error {
	conn, err := lis.Accept()
	if err != nil {
		return err
	}
	server, channels, requests, err := ssh.NewServerConn(conn, config)
	if err != nil {
		_ = conn.Close()
		return err
	}
	go ssh.DiscardRequests(requests)
	for refused := range channels {
		_ = refused.Reject(ssh.Prohibited, "")
	}
	_ = server.Close()
	return nil
}
