package teleport

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // RFC 6455 wants it, as a checksum
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"

	"github.com/gravitational/teleport/api/constants"
	"github.com/gravitational/teleport/api/utils/pingconn"
)

// upgrade reaches the tunnel behind a load balancer that ends TLS itself: it
// asks the Proxy to go on with other bytes on a connection that began with HTTP.
// Inside of it is TLS again, by which the Proxy shows the cluster's authority.
func (t tunnel) upgrade(ctx context.Context) (net.Conn, error) {
	conn, err := t.tcp(ctx, t.address)
	if err != nil {
		return nil, fmt.Errorf("dial for upgrade: %w", err)
	}
	outer, err := secure(ctx, conn, t.address, t.id.webTLS())
	if err != nil {
		return nil, fmt.Errorf("secure for upgrade: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { _ = outer.Close() })
	defer stop()
	socket, err := askForSocket(ctx, outer, t.address)
	if err != nil {
		_ = outer.Close()
		return nil, fmt.Errorf("%s: %w", constants.WebAPIConnUpgrade, err)
	}
	inner, err := secure(ctx, socket, t.address,
		&tls.Config{RootCAs: t.id.tls.RootCAs, MinVersion: tls.VersionTLS12}, constants.ALPNSNIProtocolReverseTunnel)
	if err != nil {
		return nil, fmt.Errorf("secure upgraded tunnel: %w", err)
	}
	return inner, nil
}

// askForSocket makes a WebSocket of conn.
func askForSocket(ctx context.Context, conn net.Conn, address string) (net.Conn, error) {
	var nonce [16]byte
	_, _ = rand.Read(nonce[:]) // never fails
	key := base64.StdEncoding.EncodeToString(nonce[:])
	where := url.URL{Scheme: "https", Host: address, Path: constants.WebAPIConnUpgrade}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, where.String(), http.NoBody)
	if err != nil {
		return nil, err
	}
	request.Header = http.Header{
		"Upgrade":                {constants.WebAPIConnUpgradeTypeWebSocket, constants.WebAPIConnUpgradeTypeALPNPing},
		"X-Teleport-Upgrade":     {constants.WebAPIConnUpgradeTypeALPNPing},
		"Connection":             {constants.WebAPIConnUpgradeConnectionType},
		"Sec-Websocket-Protocol": {constants.WebAPIConnUpgradeTypeALPNPing},
		"Sec-Websocket-Version":  {"13"},
		"Sec-Websocket-Key":      {key},
	}
	if err := request.Write(conn); err != nil {
		return nil, err
	}
	limited := &io.LimitedReader{R: conn, N: maxDiscoveryHeaders}
	buffered := bufio.NewReader(limited)
	response, err := http.ReadResponse(buffered, request)
	if err != nil {
		return nil, err
	}
	_ = response.Body.Close() // there is none: what follows are frames
	if response.StatusCode != http.StatusSwitchingProtocols {
		return nil, errors.New("the connection was not upgraded")
	}
	limited.N = math.MaxInt64
	rest := &resumed{Conn: conn, in: buffered}
	if response.Header.Get("Upgrade") != constants.WebAPIConnUpgradeTypeWebSocket {
		return pingconn.New(rest), nil // Teleport 15 and 16 have a framing of their own
	}
	if response.Header.Get("Sec-Websocket-Accept") != acceptFor(key) {
		return nil, errors.New("the upgrade is that of another request")
	}
	return &socket{Conn: rest}, nil
}

// resumed is a connection that was read ahead.
type resumed struct {
	net.Conn
	in io.Reader
}

// Read implements net.Conn.
func (r *resumed) Read(p []byte) (int, error) {
	return r.in.Read(p)
}

// acceptFor is the answer to a key, by RFC 6455, section 4.2.2.
func acceptFor(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) //nolint:gosec // see the import
	return base64.StdEncoding.EncodeToString(sum[:])
}
