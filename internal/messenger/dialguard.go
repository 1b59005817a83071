package messenger

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"syscall"
	"time"
)

// dialGuard keeps calls away from addresses at which no chat service can be: a
// host that a tenant names must not lead to the cloud's metadata service or to
// what listens on this machine. It looks at the address that is about to be
// connected to, so that a name cannot mean something else by then. Private
// networks are allowed, since chat servers live there.
type dialGuard struct {
	allowLoopback bool
	// environment returns the proxy for a request, nil for none.
	environment func(*http.Request) (*url.URL, error)

	mu sync.Mutex
	// proxies are the host:port of proxies that the operator configured.
	proxies map[string]bool
}

func newDialGuard(allowLoopback bool) *dialGuard {
	return &dialGuard{
		allowLoopback: allowLoopback,
		environment:   http.ProxyFromEnvironment,
		proxies:       make(map[string]bool),
	}
}

// proxy is the Proxy of an http.Transport. It remembers the proxies that are
// used, which may be anywhere. The host behind a proxy is resolved there and
// cannot be looked at here, unless it is an address itself.
func (g *dialGuard) proxy(request *http.Request) (*url.URL, error) {
	proxy, err := g.environment(request)
	if err != nil || proxy == nil {
		return proxy, err
	}
	if ip, err := netip.ParseAddr(request.URL.Hostname()); err == nil {
		if err := g.check(ip); err != nil {
			return nil, err
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.proxies[hostPort(proxy)] = true
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

// dial is the DialContext of an http.Transport.
func (g *dialGuard) dial(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}
	if !g.isProxy(address) {
		dialer.Control = g.control
	}
	return dialer.DialContext(ctx, network, address)
}

func (g *dialGuard) isProxy(address string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.proxies[address]
}

// control is the Control of a net.Dialer, called between resolving a name and
// connecting to one of its addresses.
func (g *dialGuard) control(_, address string, _ syscall.RawConn) error {
	target, err := netip.ParseAddrPort(address)
	if err != nil {
		return errors.New("the address to connect to is not an IP address and a port")
	}
	return g.check(target.Addr())
}

// check returns an error for an address that must not be connected to.
func (g *dialGuard) check(ip netip.Addr) error {
	ip = unmap(ip)
	switch {
	case ip.IsUnspecified():
		return addressError("unspecified")
	case ip.IsLinkLocalUnicast():
		return addressError("link_local")
	case ip.IsMulticast():
		return addressError("multicast")
	case metadataServices[ip]:
		return addressError("metadata")
	case ip.IsLoopback() && !g.allowLoopback:
		return addressError("loopback")
	default:
		return nil
	}
}

// metadataServices are those of clouds that are not link-local: AWS and Google
// over IPv6, Alibaba, and Azure's WireServer.
var metadataServices = map[netip.Addr]bool{
	netip.MustParseAddr("fd00:ec2::254"):   true,
	netip.MustParseAddr("fd20:ce::254"):    true,
	netip.MustParseAddr("100.100.100.200"): true,
	netip.MustParseAddr("168.63.129.16"):   true,
}

// The prefixes under which NAT64 and 6to4 reach IPv4 addresses (RFC 6052,
// section 2.1, and RFC 3056, section 2), and that of "this host on this network"
// (RFC 1122, section 3.2.1.3).
var (
	nat64     = netip.MustParsePrefix("64:ff9b::/96")
	sixToFour = netip.MustParsePrefix("2002::/16")
	thisHost  = netip.MustParsePrefix("0.0.0.0/8")
)

// unmap returns the IPv4 address that an IPv6 address stands for, if it does.
func unmap(ip netip.Addr) netip.Addr {
	ip = ip.Unmap().WithZone("")
	bytes := ip.As16()
	switch {
	case nat64.Contains(ip):
		ip = netip.AddrFrom4([4]byte(bytes[12:16]))
	case sixToFour.Contains(ip):
		ip = netip.AddrFrom4([4]byte(bytes[2:6]))
	}
	if thisHost.Contains(ip) {
		// Linux takes 0.0.0.0 for this host; the rest of its network is none.
		return netip.IPv4Unspecified()
	}
	return ip
}

// addressError names the kind of an address that must not be connected to.
type addressError string

// Error implements error.
func (e addressError) Error() string {
	return fmt.Sprintf("a connection to a %s address is refused", string(e))
}

// asError returns the error for a call that was not made.
func (e addressError) asError(call string) *Error {
	return &Error{
		Class:  MessengerPermanent,
		Call:   call,
		Code:   string(e) + "_address",
		Advice: "Name a host at whose address a chat service can be, not one of this machine or its network link",
	}
}
