package teleport

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gravitational/teleport/api/identityfile"
	"github.com/gravitational/teleport/api/utils/sshutils"
	"golang.org/x/crypto/ssh"

	"github.com/accessnotifier/accessnotifier/internal/keysize"
)

// maxSeconds is the end of the year 9999, in Unix seconds.
const maxSeconds = 253_402_300_799

// Credentials is what an identity is made of, as read from a Secret or a file.
// Either File or all of Cert, Key and CAs are set.
type Credentials struct {
	// File is an identity file, as written by tbot or by
	// "tctl auth sign --format=file".
	File []byte
	// Cert, Key and CAs are PEM files, as written by
	// "tctl auth sign --format=tls". They reach an Auth server only, since the
	// Proxy's tunnel also needs the SSH certificate of an identity file.
	Cert, Key, CAs []byte
	// PrivateCA holds the PEM certificates that the Proxy's web certificate is
	// signed by, when it is not signed by a public authority.
	PrivateCA []byte
}

// String hides the material from logs.
func (m Credentials) String() string { return "teleport identity material" }

// GoString hides the material from logs.
func (m Credentials) GoString() string { return m.String() }

// Identity authenticates a client to one Teleport cluster. It is immutable.
type Identity struct {
	// User is the Teleport user.
	User string
	// Roles are the roles that the user had when the identity was made, sorted.
	Roles []string
	// NotBefore and NotAfter limit the time in which connections can be made. A
	// connection outlives its identity.
	NotBefore, NotAfter time.Time
	// Fingerprint tells identities apart. It is a hash of all the material.
	Fingerprint string

	tls       *tls.Config
	ssh       *ssh.ClientConfig
	privateCA *x509.CertPool
}

// String names the identity without showing its key.
func (i *Identity) String() string { return "teleport identity of user " + i.User }

// GoString names the identity without showing its key.
func (i *Identity) GoString() string { return i.String() }

// ReachesProxies reports whether the identity leads through a Proxy, which takes the
// SSH certificate of an identity file. Others reach an Auth server only.
func (i *Identity) ReachesProxies() bool { return i.ssh != nil }

// ParseIdentity reads an identity that is valid at the time now. Its errors
// are of type *Error with one of the reasons IdentityMissing,
// IdentityMalformed, IdentityExpired and IdentityNotYetValid, and never show
// any of the material.
func ParseIdentity(m Credentials, now time.Time) (*Identity, error) {
	id, err := parseForm(m)
	if err != nil {
		return nil, err
	}
	if len(m.PrivateCA) > 0 {
		if id.privateCA, err = withSystemRoots(m.PrivateCA); err != nil {
			return nil, err
		}
	}
	id.Fingerprint = m.fingerprint()
	if err := id.Valid(now); err != nil {
		return nil, err
	}
	return id, nil
}

// Valid returns nil if a connection can be made at the time now, else an
// *Error with the reason IdentityExpired or IdentityNotYetValid.
func (i *Identity) Valid(now time.Time) error {
	switch {
	case now.After(i.NotAfter):
		return NewError(IdentityExpired, fmt.Sprintf(
			"The identity of Teleport user %q expired at %s: check that tbot still renews it, or sign a new one with tctl.",
			i.User, i.NotAfter.UTC().Format(time.RFC3339)))
	case now.Before(i.NotBefore):
		failure := NewError(IdentityNotYetValid, fmt.Sprintf(
			"The identity of Teleport user %q is not valid before %s: compare the clocks of this machine and of the Teleport server.",
			i.User, i.NotBefore.UTC().Format(time.RFC3339)))
		failure.ValidFrom = i.NotBefore
		return failure
	default:
		return nil
	}
}

func parseForm(m Credentials) (*Identity, error) {
	triple := len(m.Cert) > 0 || len(m.Key) > 0 || len(m.CAs) > 0
	switch {
	case len(m.File) > 0 && triple:
		return nil, malformed("Give an identity file or a certificate with key and CAs, not both.")
	case len(m.File) > 0:
		return parseFile(m.File)
	case triple:
		return parseTriple(m.Cert, m.Key, m.CAs)
	default:
		return nil, NewError(IdentityMissing, "The Teleport identity is empty: let tbot or tctl write it.")
	}
}

func parseFile(file []byte) (*Identity, error) {
	parsed, err := identityfile.FromString(string(file))
	if err != nil {
		return nil, malformed("The identity file cannot be read, or is cut short: " +
			"write it with tbot's identity output or with tctl auth sign --format=file.")
	}
	var cas []byte
	for _, ca := range parsed.CACerts.TLS {
		cas = append(cas, ca...)
	}
	id, err := parseTriple(parsed.Certs.TLS, parsed.PrivateKey, cas)
	if err != nil {
		return nil, err
	}
	if id.ssh, err = parsed.SSHClientConfig(); err != nil {
		return nil, malformed("The SSH part of the identity file cannot be read: write the file anew with tbot or tctl.")
	}
	if id.ssh.HostKeyCallback == nil {
		return nil, malformed("The identity file has no SSH certificate authorities, so that no Proxy can be trusted: write it anew with tbot or tctl.")
	}
	if err := id.limit(parsed.Certs.SSH); err != nil {
		return nil, malformed("The SSH certificate of the identity file cannot be read: write the file anew with tbot or tctl.")
	}
	return id, nil
}

// limit has the identity end no later than its SSH certificate, and begin no earlier: both
// are needed to reach a Proxy.
func (i *Identity) limit(sshCert []byte) error {
	cert, err := sshutils.ParseCertificate(sshCert)
	if err != nil {
		return fmt.Errorf("reading SSH certificate: %w", err)
	}
	if from := moment(cert.ValidAfter); from.After(i.NotBefore) {
		i.NotBefore = from
	}
	if until := moment(cert.ValidBefore); until.Before(i.NotAfter) {
		i.NotAfter = until
	}
	return nil
}

// moment is a time of an SSH certificate, of which the last one means forever.
func moment(seconds uint64) time.Time {
	return time.Unix(int64(min(seconds, maxSeconds)), 0)
}

func parseTriple(cert, key, cas []byte) (*Identity, error) {
	switch {
	case len(cert) == 0:
		return nil, malformed("The identity has no TLS certificate: write it anew with tbot or tctl.")
	case len(key) == 0:
		return nil, malformed("The identity has no private key: write it anew with tbot or tctl.")
	case len(cas) == 0:
		return nil, malformed("The identity has no certificate authorities: write it anew with tbot or tctl.")
	}
	if keysize.CheckPEM(cert, key, cas) != nil {
		return nil, malformed(tooLarge)
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, malformed(pairProblem(err))
	}
	if keysize.Check(pair.PrivateKey) != nil {
		return nil, malformed(tooLarge)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(cas) {
		return nil, malformed("The identity's certificate authorities cannot be read: write the identity anew with tbot or tctl.")
	}
	return &Identity{
		User:      pair.Leaf.Subject.CommonName,
		Roles:     slices.Sorted(slices.Values(pair.Leaf.Subject.Organization)),
		NotBefore: pair.Leaf.NotBefore,
		NotAfter:  pair.Leaf.NotAfter,
		tls: &tls.Config{
			Certificates: []tls.Certificate{pair},
			RootCAs:      roots,
			MinVersion:   tls.VersionTLS12,
		},
	}, nil
}

// pairProblem says what is wrong without repeating err, which may show parts of
// what it could not read.
func pairProblem(err error) string {
	if strings.Contains(err.Error(), "does not match public key") {
		return "The identity's private key does not belong to its certificate: write both anew, in one go, with tbot or tctl."
	}
	return "The identity's certificate or private key cannot be read: write the identity anew with tbot or tctl."
}

// tooLarge says what Teleport itself never makes.
const tooLarge = "A key of the identity, or of its certificate authorities, has more than 8192 bits: write the identity anew with tbot or tctl."

func withSystemRoots(pem []byte) (*x509.CertPool, error) {
	if keysize.CheckPEM(pem) != nil {
		return nil, malformed("A key of the private CA has more than 8192 bits: give certificates of smaller ones.")
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, malformed("The private CA holds no certificate: give the PEM certificates that sign the Proxy's web certificate.")
	}
	return pool, nil
}

// fingerprint hashes the parts, each with its length, so that no two lists of parts
// look alike.
func (m Credentials) fingerprint() string {
	h := sha256.New()
	for _, part := range [][]byte{m.File, m.Cert, m.Key, m.CAs, m.PrivateCA} {
		var size [8]byte
		binary.BigEndian.PutUint64(size[:], uint64(len(part)))
		h.Write(size[:])
		h.Write(part)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func malformed(message string) error {
	return NewError(IdentityMalformed, message)
}
