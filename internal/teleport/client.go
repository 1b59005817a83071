package teleport

import (
	"context"
	"crypto/tls"
	"time"

	"github.com/gravitational/teleport/api/breaker"
	"github.com/gravitational/teleport/api/client"
	"github.com/gravitational/teleport/api/client/proto"
	"github.com/gravitational/teleport/api/types"
	"github.com/gravitational/trace"
	"golang.org/x/crypto/ssh"
	"google.golang.org/grpc"
)

const (
	// connectTimeout bounds one attempt to connect. The API module's client
	// tries for as long as it is let.
	connectTimeout = 15 * time.Second
	// maxMessageSize is the largest answer to accept, in bytes. All plugin data
	// of one plugin comes in one answer, which passes gRPC's default of 4 MB.
	maxMessageSize = 64 << 20
)

// Client is the part of the Teleport client that a session uses.
type Client interface {
	Ping(ctx context.Context) (proto.PingResponse, error)
	NewWatcher(ctx context.Context, watch types.Watch) (types.Watcher, error)
	ListAllAccessRequests(ctx context.Context, req *proto.ListAccessRequestsRequest) ([]*types.AccessRequestV3, error)
	GetPluginData(ctx context.Context, filter types.PluginDataFilter) ([]types.PluginData, error)
	UpdatePluginData(ctx context.Context, params types.PluginDataUpdateParams) error
	Close() error
}

// Dial connects to the Auth or Proxy at address, host:port, within 15 seconds
// or the deadline of ctx. It finds out itself which of the two it is.
func Dial(ctx context.Context, address string, id *Identity) (Client, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	deadline, _ := ctx.Deadline()
	patience := time.Until(deadline) * 4 / 5
	dialCtx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()

	config := client.Config{
		Addrs:       []string{address},
		Credentials: []client.Credentials{credentials{id}},
		DialOpts:    []grpc.DialOption{grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessageSize))},
		// Attempts that lost, or that hang in an SSH handshake, end by this time
		// and not by the context.
		DialTimeout: patience,
		// The default breaker refuses every call for a minute after ten failures,
		// also when the server is back. The session has a back-off of its own.
		CircuitBreakerConfig: breaker.NoopBreakerConfig(),
	}
	if id.privateCA != nil && id.ssh != nil {
		config.Dialer = &proxyDialer{address: address, id: id, timeout: config.DialTimeout}
	}
	c, err := client.New(dialCtx, config)
	if err == nil {
		return c, nil
	}
	server := peer{address: address, id: id}
	failure := classify(err, server)
	if failure.Reason != Timeout {
		return nil, failure
	}
	if reason := refusal(ctx, address, id); reason != "" {
		failure.Reason, failure.Message = reason, server.explain(reason, err)
	}
	return nil, failure
}

// refusal returns why the Auth at address refuses the identity, "" if it does
// not. With TLS 1.3 it says so when the client's part of the handshake is over.
// The Teleport client has sent more by then, and may see a broken connection in
// place of the alert; this one only reads.
func refusal(ctx context.Context, address string, id *Identity) Reason {
	config, err := credentials{id}.TLSConfig()
	if err != nil {
		return ""
	}
	conn, err := (&tls.Dialer{Config: config}).DialContext(ctx, "tcp", address)
	if err != nil {
		return ""
	}
	defer func() { _ = conn.Close() }()
	deadline, _ := ctx.Deadline()
	if err := conn.SetReadDeadline(deadline); err != nil {
		return ""
	}
	if _, err := conn.Read(make([]byte, 1)); err != nil {
		if reason := dialReason(err.Error()); reason == OtherCluster || reason == ClockSkew {
			return reason
		}
	}
	return ""
}

// credentials hand an identity to the Teleport client.
type credentials struct {
	id *Identity
}

func (c credentials) TLSConfig() (*tls.Config, error) {
	return client.LoadTLS(c.id.tls).TLSConfig()
}

func (c credentials) SSHClientConfig() (*ssh.ClientConfig, error) {
	if c.id.ssh == nil {
		return nil, trace.NotImplemented("no ssh certificate")
	}
	return c.id.ssh, nil
}

func (c credentials) Expiry() (time.Time, bool) {
	return c.id.NotAfter, true
}
