// Package dialguard keeps connections away from where no service of others can
// be. A host that a tenant names must not lead to the cloud's metadata service,
// to what listens on this machine, or to its link.
//
// The guard looks at the address that is about to be connected to, so that a
// name cannot mean something else by then. Private networks are allowed, since
// Teleport and chat servers live there; an operator who wants less has network
// policies. An operator who wants more names networks to allow.
package dialguard

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"sync"
	"syscall"
	"time"
)

const (
	dialTimeout = 5 * time.Second
	keepAlive   = 30 * time.Second
	// maxProxies bounds the proxies to remember; an environment names two.
	maxProxies = 16
)

// Guard decides what may be connected to. Make one with [New]; it is safe for
// concurrent use.
type Guard struct {
	// Environment returns the proxy for a request, nil for none. It is
	// [http.ProxyFromEnvironment], and may be replaced before the guard is used.
	Environment func(*http.Request) (*url.URL, error)

	allowed []netip.Prefix
	// private refuses all but private networks.
	private bool

	mu sync.Mutex
	// proxies are the host:port of proxies that the operator configured.
	proxies map[string]bool
}

// New returns a guard that also lets connections lead to the allowed networks.
func New(allowed ...netip.Prefix) *Guard {
	return &Guard{
		allowed:     allowed,
		Environment: http.ProxyFromEnvironment,
		proxies:     make(map[string]bool),
	}
}

// NewPrivate returns a guard that lets connections lead to private networks only, and to the
// allowed ones: what is sent over them is not encrypted.
func NewPrivate(allowed ...netip.Prefix) *Guard {
	g := New(allowed...)
	g.private = true
	return g
}

// Loopback are the networks of this machine, for a sidecar or a test.
func Loopback() []netip.Prefix {
	return []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
}

// Proxy is the Proxy of an http.Transport. It remembers the proxies that are
// used, which may be anywhere. The host behind a proxy is resolved there and
// cannot be looked at here, unless it is an address itself.
func (g *Guard) Proxy(request *http.Request) (*url.URL, error) {
	proxy, err := g.Environment(request)
	if err != nil || proxy == nil {
		return proxy, err
	}
	if ip, err := netip.ParseAddr(request.URL.Hostname()); err == nil {
		if err := g.Check(ip); err != nil {
			return nil, err
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.proxies) < maxProxies {
		g.proxies[hostPort(proxy)] = true
	}
	return proxy, nil
}

// hostPort is the address that net/http dials for a proxy.
func hostPort(proxy *url.URL) string {
	port := proxy.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}[proxy.Scheme]
	}
	return net.JoinHostPort(proxy.Hostname(), port)
}

// DialContext is the DialContext of an http.Transport, and of whatever else
// connects to an address that a tenant may have chosen.
func (g *Guard) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := &net.Dialer{Timeout: dialTimeout, KeepAlive: keepAlive}
	if !g.isProxy(address) {
		dialer.Control = g.control
	}
	return dialer.DialContext(ctx, network, address)
}

func (g *Guard) isProxy(address string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.proxies[address]
}

// control is the Control of a net.Dialer, called between resolving a name and
// connecting to one of its addresses.
func (g *Guard) control(_, address string, _ syscall.RawConn) error {
	target, err := netip.ParseAddrPort(address)
	if err != nil {
		return errors.New("the address to connect to is not an IP address and a port")
	}
	return g.Check(target.Addr())
}

// Check returns an [AddressError] for an address that must not be connected to.
func (g *Guard) Check(ip netip.Addr) error {
	for _, meant := range meanings(ip) {
		kind, found := kindOf(meant)
		if !found && g.private && !isPrivate(meant) {
			kind, found = public, true
		}
		if found && !g.allows(meant) {
			return AddressError(kind)
		}
	}
	return nil
}

func (g *Guard) allows(ip netip.Addr) bool {
	return slices.ContainsFunc(g.allowed, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// AddressError names the kind of an address that must not be connected to: one
// of unspecified, loopback, link_local, multicast, metadata, reserved and public.
type AddressError string

// Error implements error.
func (e AddressError) Error() string {
	return fmt.Sprintf("a connection to a %s address is refused", string(e))
}
