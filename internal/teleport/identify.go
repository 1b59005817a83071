package teleport

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"strings"
	"sync/atomic"

	"github.com/gravitational/teleport/api/constants"

	"github.com/accessnotifier/accessnotifier/internal/dialguard"
)

// kind is what answers at an address.
type kind int32

const (
	unknownKind kind = iota
	authKind
	proxyKind
	otherKind
	// silentKind speaks TLS with a certificate that is no Auth's, and says no more.
	silentKind
	// gatewayKind has no server behind it, which may be Teleport.
	gatewayKind
	// sshKind speaks SSH as Teleport, such as the ports of a Proxy for SSH and for tunnels.
	sshKind
)

// anSSHServer names one that is not Teleport's.
const anSSHServer = "an SSH server"

// teleportSSH is how Teleport's SSH servers greet, as package tracing/ssh of its API has it.
const teleportSSH = "SSH-2.0-Teleport"

// explain says why no way to connect worked. Where the ways themselves do not
// tell, it looks at what answers.
func (d Dialer) explain(ctx context.Context, p remote, err error) *Error {
	failure := classify(err, p)
	detail := failure.Detail
	if detail == Timeout {
		if refused := d.refusal(ctx, p); refused != "" {
			detail = refused
		}
	}
	switch detail {
	case IdentityOtherCluster, Timeout, Unavailable, NotTeleport:
		p.answers, p.what = d.identify(ctx, p.address)
		if detail != NotTeleport || p.answers == sshKind {
			detail = p.refine(detail, err)
		}
	}
	described := NewError(detail, p.explain(detail, err))
	described.cause = failure.cause
	return described
}

// refine returns the detail that what answers makes clear.
func (p remote) refine(detail string, err error) string {
	switch p.answers {
	case otherKind:
		return NotTeleport
	case gatewayKind:
		return Unavailable
	case silentKind:
		return Timeout
	case proxyKind, sshKind:
		refused := p.answers == sshKind && containsAny(err.Error(), sshRefusals)
		if p.id.ssh == nil || refused {
			return IdentityOtherCluster // a Proxy's clients need an SSH certificate
		}
		return detail
	default:
		return detail
	}
}

// identify finds out what answers at address, and names what is not Teleport. It trusts no
// server and shows no identity, so that it learns what the server shows to any client.
func (d Dialer) identify(ctx context.Context, address string) (answers kind, what string) {
	// The handshake may go on when the time is over.
	var shown atomic.Int32
	config := &tls.Config{
		InsecureSkipVerify: true, //nolint:gosec // it sends no more than a public question
		MinVersion:         tls.VersionTLS12,
		VerifyConnection: func(state tls.ConnectionState) error {
			shown.Store(int32(otherKind))
			if isAuth(state) {
				shown.Store(int32(authKind))
			}
			return nil
		},
	}
	_, err := d.discover(ctx, address, config)
	found := kind(shown.Load())
	_, refused := errors.AsType[dialguard.AddressError](err)
	other, answered := errors.AsType[*answerError](err)
	switch {
	case err == nil:
		return proxyKind, ""
	case refused, found == authKind:
		return found, ""
	case answered && other.gateway:
		return gatewayKind, other.what
	case answered:
		return otherKind, other.what
	case found == otherKind && ctx.Err() != nil:
		return silentKind, ""
	case found == otherKind:
		return otherKind, "a server with TLS that is no web server"
	}
	if answers, what = withoutTLS(err); what == anSSHServer && d.greetsAsTeleport(ctx, address) {
		return sshKind, ""
	}
	return answers, what
}

// greetsAsTeleport reports whether an SSH server says that it is Teleport's.
func (d Dialer) greetsAsTeleport(ctx context.Context, address string) bool {
	conn, err := d.tcp(ctx, address)
	if err != nil {
		return false
	}
	defer func() { _ = conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	greeting := make([]byte, len(teleportSSH))
	_, err = io.ReadFull(conn, greeting)
	return err == nil && string(greeting) == teleportSSH
}

// withoutTLS names what has begun with something else than TLS.
func withoutTLS(err error) (answers kind, what string) {
	if strings.Contains(err.Error(), "server gave HTTP response to HTTPS client") {
		return otherKind, "a web server without TLS"
	}
	header, ok := errors.AsType[tls.RecordHeaderError](err)
	switch {
	case !ok || header.RecordHeader == [5]byte{}:
		return unknownKind, ""
	case strings.HasPrefix(string(header.RecordHeader[:]), "SSH-"):
		return otherKind, anSSHServer
	default:
		return otherKind, "a server without TLS"
	}
}

// isAuth reports whether the certificate is that of an Auth server. Every one
// has a name under the same domain, whatever the cluster is called.
func isAuth(state tls.ConnectionState) bool {
	for _, cert := range state.PeerCertificates {
		for _, name := range cert.DNSNames {
			if name == constants.APIDomain || strings.HasSuffix(name, "."+constants.APIDomain) {
				return true
			}
		}
	}
	return false
}

// refusal returns why the Auth at the address refuses the identity, "" if it
// does not. With TLS 1.3 it says so when the client's part of the handshake is
// over. The Teleport client has sent more by then, and may see a broken
// connection in place of the alert; this one only reads.
func (d Dialer) refusal(ctx context.Context, p remote) string {
	config, err := clientCredentials{p.id}.TLSConfig()
	if err != nil {
		return ""
	}
	conn, err := d.tcp(ctx, p.address)
	if err != nil {
		return ""
	}
	defer func() { _ = conn.Close() }()
	deadline, _ := ctx.Deadline()
	if err := conn.SetDeadline(deadline); err != nil {
		return ""
	}
	_, err = tls.Client(conn, config).Read(make([]byte, 1))
	if err == nil {
		return ""
	}
	if detail := dialDetail(err.Error()); detail == IdentityOtherCluster || detail == ClockSkew {
		return detail
	}
	return ""
}
