package teleport

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/gravitational/teleport/api/breaker"
	"github.com/gravitational/teleport/api/client"
	"github.com/gravitational/trace"
	"golang.org/x/crypto/ssh"
	"google.golang.org/grpc"

	"github.com/accessnotifier/accessnotifier/internal/dialguard"
	"github.com/accessnotifier/accessnotifier/internal/hostport"
)

const (
	// connectTimeout bounds one attempt to connect. The API module's client
	// tries for as long as it is let.
	connectTimeout = 15 * time.Second
	// maxMessageSize is the largest answer or event to accept, in bytes, and that
	// which Teleport sends at most.
	maxMessageSize = 4 << 20
	// maxHeaderSize bounds the headers of an answer, which hold its error.
	maxHeaderSize = 256 << 10
)

// Dialer connects to Teleport, wherever its guard allows.
type Dialer struct {
	// Guard decides about every connection, also about those to an address that
	// only Teleport's discovery names.
	Guard *dialguard.Guard
}

// way is one way to reach an Auth server.
type way struct {
	// name says in errors what the address was taken for.
	name string
	dial client.ContextDialerFunc
}

// Dial connects to the Auth or Proxy at address, host:port, within 15 seconds
// or the deadline of ctx. It finds out itself which of the two it is.
//
// The API module could do that, too. But it connects to wherever a name or a
// Proxy's answer leads, follows redirects, and reads answers without an end.
func (d Dialer) Dial(ctx context.Context, address string, id *Identity) (Client, error) {
	if _, _, err := hostport.Parse(address); err != nil {
		return nil, NewError(AddressMalformed, fmt.Sprintf("The address %q is none, since %v: give the host and port of an Auth or Proxy, "+
			"such as teleport.example.com:443.", address, err))
	}
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	deadline, _ := ctx.Deadline()
	patience := time.Until(deadline) * 4 / 5
	dialCtx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()

	c, err := connectAny(dialCtx, address, id, d.ways(address, id, patience))
	if err == nil {
		return newAPIClient(c), nil
	}
	return nil, d.explain(ctx, remote{address: address, id: id}, err)
}

// ways are all ways to reach an Auth server by an address. Those through a Proxy
// need an SSH certificate.
func (d Dialer) ways(address string, id *Identity, timeout time.Duration) []way {
	ways := []way{{authWay, func(ctx context.Context, _, _ string) (net.Conn, error) { return d.tcp(ctx, address) }}}
	if id.ssh == nil {
		return ways
	}
	t := tunnel{Dialer: d, address: address, id: id, timeout: timeout}
	return append(ways, way{proxyWay, t.throughProxy}, way{tunnelWay, t.straight})
}

// connectAny tries all ways at once and returns the client of the first that
// works, or what all of them said.
func connectAny(ctx context.Context, address string, id *Identity, ways []way) (*client.Client, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type result struct {
		client *client.Client
		err    error
	}
	results := make(chan result, len(ways))
	for _, w := range ways {
		go func() {
			c, err := protect(func() (*client.Client, error) { return w.connect(ctx, address, id) })
			results <- result{c, err}
		}()
	}
	var errs []error
	for left := len(ways) - 1; left >= 0; left-- {
		r := <-results
		if r.err != nil {
			errs = append(errs, r.err)
			continue
		}
		go func() {
			for range left {
				if late := <-results; late.client != nil {
					_ = late.client.Close()
				}
			}
		}()
		return r.client, nil
	}
	return nil, errors.Join(errs...)
}

func (w way) connect(ctx context.Context, address string, id *Identity) (*client.Client, error) {
	deadline, _ := ctx.Deadline()
	var last lastError
	c, err := client.New(ctx, client.Config{
		Credentials: []client.Credentials{clientCredentials{id}},
		Dialer:      last.of(w.dial),
		DialOpts: []grpc.DialOption{
			grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessageSize)),
			grpc.WithMaxHeaderListSize(maxHeaderSize),
		},
		DialTimeout: time.Until(deadline),
		// The default breaker refuses every call for a minute after ten failures,
		// also when the server is back. The session has a back-off of its own.
		CircuitBreakerConfig: breaker.NoopBreakerConfig(),
	})
	if err != nil {
		return nil, fmt.Errorf("%s%s%s: %w", wayPrefix, address, w.name, errors.Join(err, last.get()))
	}
	return c, nil
}

// lastError remembers why a way could not be dialled, of which gRPC keeps the
// text at most.
type lastError struct {
	mu  sync.Mutex
	err error
}

func (l *lastError) of(dial client.ContextDialerFunc) client.ContextDialerFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := protect(func() (net.Conn, error) { return dial(ctx, network, address) })
		l.mu.Lock()
		defer l.mu.Unlock()
		// An attempt that was given up says nothing.
		if err == nil || ctx.Err() == nil {
			l.err = err
		}
		return conn, err
	}
}

func (l *lastError) get() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// credentials hand an identity to the Teleport client.
type clientCredentials struct {
	id *Identity
}

func (c clientCredentials) TLSConfig() (*tls.Config, error) {
	return client.LoadTLS(c.id.tls).TLSConfig()
}

func (c clientCredentials) SSHClientConfig() (*ssh.ClientConfig, error) {
	if c.id.ssh == nil {
		return nil, trace.NotImplemented("no ssh certificate")
	}
	return c.id.ssh, nil
}

func (c clientCredentials) Expiry() (time.Time, bool) {
	return c.id.NotAfter, true
}
