package teleport

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gravitational/teleport/api/client/webclient"
	"github.com/gravitational/teleport/api/constants"
	tracessh "github.com/gravitational/teleport/api/observability/tracing/ssh"
	"github.com/gravitational/teleport/api/utils/sshutils"
)

// maxTunnelHandshake bounds what is read until a tunnel is open, in bytes.
const maxTunnelHandshake = 1 << 20

// limitedConn is a connection of which no more than a bound is read until that
// is lifted.
type limitedConn struct {
	net.Conn
	left   atomic.Int64
	lifted atomic.Bool
}

// Read implements net.Conn.
func (c *limitedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if !c.lifted.Load() && c.left.Add(-int64(n)) < 0 {
		_ = c.Close()
		return 0, errors.New("more was sent than opens a tunnel")
	}
	return n, err
}

// tunnel reaches the Auth server through a Proxy: it opens an SSH channel to it,
// behind TLS routing where the Proxy uses that.
type tunnel struct {
	Dialer
	address string
	id      *Identity
	timeout time.Duration
}

// throughProxy asks the Proxy's web address where the tunnel is. The arguments
// about the address are ignored.
func (t tunnel) throughProxy(ctx context.Context, _, _ string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, t.timeout)
	defer cancel()
	found, err := t.discover(ctx, t.address, t.id.webTLS())
	if err != nil {
		return nil, fmt.Errorf("discover proxy: %w", err)
	}
	address, err := found.Proxy.TunnelAddr()
	if err != nil {
		return nil, fmt.Errorf("find tunnel address: %w", err)
	}
	if found.Proxy.TLSRoutingEnabled {
		return t.routed(ctx, address)
	}
	conn, err := t.tcp(ctx, address)
	if err != nil {
		return nil, fmt.Errorf("dial tunnel: %w", err)
	}
	return t.open(ctx, conn, address)
}

// straight takes the address for that of the tunnel itself.
func (t tunnel) straight(ctx context.Context, _, _ string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, t.timeout)
	defer cancel()
	conn, err := t.tcp(ctx, t.address)
	if err != nil {
		return nil, err
	}
	return t.open(ctx, conn, t.address)
}

// routed reaches the tunnel behind the TLS of the Proxy's web address.
func (t tunnel) routed(ctx context.Context, address string) (net.Conn, error) {
	conn, err := t.tcp(ctx, address)
	if err != nil {
		return nil, fmt.Errorf("dial tunnel: %w", err)
	}
	secured, err := secure(ctx, conn, address, t.id.webTLS(), constants.ALPNSNIProtocolReverseTunnel)
	switch {
	case err != nil && !isWithoutALPN(err):
		return nil, fmt.Errorf("secure tunnel: %w", err)
	case err == nil && secured.ConnectionState().NegotiatedProtocol != "":
		return t.open(ctx, secured, address)
	case err == nil:
		_ = secured.Close()
	}
	// A load balancer ends the TLS and does not pass the protocol on.
	upgraded, err := t.upgrade(ctx)
	if err != nil {
		return nil, err
	}
	return t.open(ctx, upgraded, t.address)
}

// isWithoutALPN reports whether the peer that ended the TLS knows no protocol of ours.
func isWithoutALPN(err error) bool {
	return strings.Contains(err.Error(), "tls: no application protocol") ||
		strings.Contains(err.Error(), "unadvertised ALPN protocol")
}

// open authenticates to the tunnel on conn and reaches the Auth server through
// it. It closes conn if that fails.
func (t tunnel) open(ctx context.Context, conn net.Conn, address string) (net.Conn, error) {
	// The SSH handshake knows no contexts, and reads what a Proxy says about a
	// failure to its end.
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	limited := &limitedConn{Conn: conn}
	limited.left.Store(maxTunnelHandshake)
	auth, err := t.handshake(ctx, limited, address)
	if err != nil {
		stop()
		_ = conn.Close()
		return nil, err
	}
	limited.lifted.Store(true)
	if !stop() {
		_ = auth.Close()
		return nil, ctx.Err()
	}
	return auth, nil
}

func (t tunnel) handshake(ctx context.Context, conn net.Conn, address string) (net.Conn, error) {
	config := *t.id.ssh
	config.Timeout = t.timeout
	sshConn, err := tracessh.NewClientConnWithDeadline(ctx, conn, address, &config)
	if err != nil {
		return nil, fmt.Errorf("authenticate to tunnel: %w", err)
	}
	auth, _, err := sshutils.ConnectProxyTransport(sshConn.Conn, &sshutils.DialReq{Address: constants.RemoteAuthServer}, true)
	if err != nil {
		_ = sshConn.Close()
		return nil, fmt.Errorf("reach auth server: %w", err)
	}
	return auth, nil
}

// secure does the TLS handshake with the host of address, offering protocols. It
// closes conn if that fails.
func secure(ctx context.Context, conn net.Conn, address string, config *tls.Config, protocols ...string) (*tls.Conn, error) {
	host, _, err := webclient.ParseHostPort(address)
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	config = config.Clone()
	config.ServerName, config.NextProtos = host, protocols
	secured := tls.Client(conn, config)
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return secured, nil
}
