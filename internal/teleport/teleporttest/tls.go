package teleporttest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"time"

	"github.com/gravitational/teleport/api/constants"
	"github.com/gravitational/teleport/api/utils"
	"golang.org/x/crypto/ssh"
)

// caLife is how long authorities and the server's certificate are valid before
// and after their creation; tests move clocks by less.
const caLife = 10 * 365 * 24 * time.Hour

// cluster holds the keys of one Teleport cluster: as in Teleport, one authority
// signs the certificates of users and another those of hosts.
type cluster struct {
	name    string
	userCA  *authority
	hostCA  *authority
	sshUser ssh.Signer
	sshHost ssh.Signer
}

type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
}

func newCluster(name string, now time.Time) (*cluster, error) {
	userCA, err := newAuthority(name, now)
	if err != nil {
		return nil, fmt.Errorf("user authority: %w", err)
	}
	hostCA, err := newAuthority(name, now)
	if err != nil {
		return nil, fmt.Errorf("host authority: %w", err)
	}
	sshUser, err := ssh.NewSignerFromSigner(userCA.key)
	if err != nil {
		return nil, fmt.Errorf("user ssh authority: %w", err)
	}
	sshHost, err := ssh.NewSignerFromSigner(hostCA.key)
	if err != nil {
		return nil, fmt.Errorf("host ssh authority: %w", err)
	}
	return &cluster{name: name, userCA: userCA, hostCA: hostCA, sshUser: sshUser, sshHost: sshHost}, nil
}

func newAuthority(name string, now time.Time) (*authority, error) {
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: name, Organization: []string{name}},
		NotBefore:             now.Add(-caLife),
		NotAfter:              now.Add(caLife),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	self := &authority{cert: template, key: key}
	der, err := self.sign(template, key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &authority{cert: cert, key: key, pem: certPEM(der)}, nil
}

// sign returns template as a certificate of key, in DER.
func (a *authority) sign(template *x509.Certificate, key *ecdsa.PrivateKey) ([]byte, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	template.SerialNumber = serial
	return x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
}

// serverTLS is the Auth server's side of mutual TLS. Clients that find the
// server by address verify the name constants.APIDomain; clients that know the
// cluster's name may verify its encoded form.
func (c *cluster) serverTLS(now func() time.Time) (*tls.Config, error) {
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	der, err := c.hostCA.sign(&x509.Certificate{
		Subject:     pkix.Name{CommonName: "auth." + c.name, Organization: []string{"Auth"}},
		NotBefore:   now().Add(-caLife),
		NotAfter:    now().Add(caLife),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		DNSNames:    []string{constants.APIDomain, utils.EncodeClusterName(c.name)},
	}, key)
	if err != nil {
		return nil, err
	}
	clients := x509.NewCertPool()
	clients.AddCert(c.userCA.cert)
	return &tls.Config{
		MinVersion:   tls.VersionTLS12,
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
		ClientAuth:   tls.RequireAndVerifyClientCert,
		ClientCAs:    clients,
		// HTTP/1.1 is offered so that a client that takes the server for a Proxy
		// gets as far as the certificate, as with a real server.
		NextProtos: []string{"h2", "http/1.1"},
		Time:       now,
	}, nil
}

func newKey() (*ecdsa.PrivateKey, error) {
	return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
}

func certPEM(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}
