package supervisor

import (
	"net/http"
	"net/netip"
	"net/url"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// clients are those that call chat services, by where their connections may lead.
type clients struct {
	// allow are networks that are reached although they are refused by default.
	allow []netip.Prefix
	// elsewhere reach all but this machine, loopback also reaches this machine, and
	// inCluster private networks only, since it calls without TLS.
	elsewhere, loopback, inCluster *http.Client
}

// newClients makes the clients, of which a given one takes all places.
func newClients(given *http.Client, allow []netip.Prefix) clients {
	c := clients{allow: allow, elsewhere: given, loopback: given, inCluster: given}
	if given == nil {
		c.elsewhere = messenger.NewHTTPClient(messenger.TransportConfig{Allow: allow})
		c.loopback = messenger.NewHTTPClient(messenger.TransportConfig{Allow: allow, AllowLoopback: true})
		c.inCluster = messenger.NewHTTPClient(messenger.TransportConfig{Allow: allow, InCluster: true})
	}
	return c
}

// of returns the client for an address, which may be on this machine or not. One that trusts
// certificate authorities of its own is the caller's, who closes it.
func (c clients) of(address string, here bool, ca string) (client *http.Client, own bool, err error) {
	switch {
	case ca != "":
		roots, err := messenger.ParseCA([]byte(ca))
		if err != nil {
			return nil, false, err
		}
		return messenger.NewHTTPClient(messenger.TransportConfig{
			Allow: c.allow, AllowLoopback: here, InCluster: !here && messenger.MayBePlainText(address), Roots: roots,
		}), true, nil
	case here:
		return c.loopback, false, nil
	case messenger.MayBePlainText(address):
		return c.inCluster, false, nil
	default:
		return c.elsewhere, false, nil
	}
}

// CheckCA returns an error for what are no certificate authorities in PEM form.
func CheckCA(content string) error {
	_, err := messenger.ParseCA([]byte(content))
	return err
}

// mayBeHere reports whether the address of a service may lead to this machine. Only the
// operator may have it do so by another name than this machine's, or have an endpoint there:
// who chooses the whole address of a call chooses what it does, also to a sidecar.
func mayBeHere(d messenger.Descriptor, address string, byOperator bool) bool {
	return byOperator || !d.Endpoint && isLoopback(address)
}

// isLoopback reports whether a URL names this machine, as that of a sidecar
// does. A name that merely leads here does not count: that is how a tenant
// would reach what only the operator should.
func isLoopback(address string) bool {
	parsed, err := url.Parse(address)
	if err != nil {
		return false
	}
	host := parsed.Hostname()
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
