package teleporttest

import (
	"cmp"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"net"
	"time"

	"github.com/gravitational/teleport/api/identityfile"
	"golang.org/x/crypto/ssh"
)

// IdentityOptions say what identity to issue.
type IdentityOptions struct {
	// User is the Teleport user; [PluginRole] by default.
	User string
	// Roles are the user's roles; the user's name by default.
	Roles []string
	// TTL is the time from now to the end of the certificates; 1 h by default.
	// A negative TTL makes an expired identity.
	TTL time.Duration
	// NotBefore is the time from now to the start of the certificates; one
	// minute ago by default.
	NotBefore time.Duration
	// OtherCluster makes the identity that of another cluster: neither side
	// trusts the other.
	OtherCluster bool
	// OtherUserCA signs the identity by another cluster's user authority but
	// lets it trust this server: only the server refuses.
	OtherUserCA bool
}

// Identity is what a client presents to the server, in the two forms in which
// Teleport's tools write it.
type Identity struct {
	// File is an identity file, as of tbot or "tctl auth sign --format=file".
	File []byte
	// Key, Cert and CAs are the PEM files of "tctl auth sign --format=tls".
	Key, Cert, CAs []byte
	// NotAfter is when the certificates end.
	NotAfter time.Time
}

// Identity issues an identity.
func (s *Server) Identity(o IdentityOptions) (*Identity, error) {
	o.User = cmp.Or(o.User, PluginRole)
	o.TTL = cmp.Or(o.TTL, time.Hour)
	o.NotBefore = cmp.Or(o.NotBefore, -time.Minute)
	if len(o.Roles) == 0 {
		o.Roles = []string{o.User}
	}
	home, signer := s.cluster, s.cluster
	if o.OtherCluster {
		home, signer = s.stranger, s.stranger
	}
	if o.OtherUserCA {
		signer = s.stranger
	}
	return issue(home, signer, o, s.opts.Now())
}

func issue(home, signer *cluster, o IdentityOptions, now time.Time) (*Identity, error) {
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	from, until := now.Add(o.NotBefore), now.Add(o.TTL)
	der, err := signer.userCA.sign(&x509.Certificate{
		Subject:     pkix.Name{CommonName: o.User, Organization: o.Roles},
		NotBefore:   from,
		NotAfter:    until,
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}, key)
	if err != nil {
		return nil, fmt.Errorf("tls certificate: %w", err)
	}
	sshCert, err := signer.issueSSH(o.User, key, from, until)
	if err != nil {
		return nil, fmt.Errorf("ssh certificate: %w", err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	id := &Identity{
		Key:      pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}),
		Cert:     certPEM(der),
		CAs:      home.hostCA.pem,
		NotAfter: until,
	}
	id.File, err = identityfile.Encode(&identityfile.IdentityFile{
		PrivateKey: id.Key,
		Certs:      identityfile.Certs{SSH: sshCert, TLS: id.Cert},
		CACerts:    identityfile.CACerts{SSH: [][]byte{home.knownHosts()}, TLS: [][]byte{id.CAs}},
	})
	return id, err
}

// issueSSH returns an SSH user certificate for key in authorized_keys format.
func (c *cluster) issueSSH(user string, key *ecdsa.PrivateKey, from, until time.Time) ([]byte, error) {
	public, err := ssh.NewPublicKey(&key.PublicKey)
	if err != nil {
		return nil, err
	}
	cert := &ssh.Certificate{
		Key:             public,
		CertType:        ssh.UserCert,
		KeyId:           user,
		ValidPrincipals: []string{user},
		ValidAfter:      uint64(from.Unix()),
		ValidBefore:     uint64(until.Unix()),
	}
	if err := cert.SignCert(rand.Reader, c.sshUser); err != nil {
		return nil, err
	}
	return ssh.MarshalAuthorizedKey(cert), nil
}

// knownHosts is the line by which SSH clients trust the cluster's hosts.
func (c *cluster) knownHosts() []byte {
	key := ssh.MarshalAuthorizedKey(c.sshHost.PublicKey())
	return fmt.Appendf(nil, "@cert-authority %s,*.%s %s", c.name, c.name, key)
}

// HostCertificate issues a certificate of the cluster's host authority, as a
// Proxy shows inside an upgraded connection, for an IP address.
func (s *Server) HostCertificate(ip net.IP) (tls.Certificate, error) {
	key, err := newKey()
	if err != nil {
		return tls.Certificate{}, err
	}
	now := s.opts.Now()
	der, err := s.cluster.hostCA.sign(&x509.Certificate{
		Subject:     pkix.Name{CommonName: "proxy." + s.cluster.name},
		NotBefore:   now.Add(-caLife),
		NotAfter:    now.Add(caLife),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IPAddresses: []net.IP{ip},
	}, key)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}
