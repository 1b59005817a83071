package supervisor

import (
	"net/http"
	"net/netip"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// clients are those that call chat services, by where their connections may lead.
type clients struct {
	// allow are networks that are reached although they are refused by default.
	allow []netip.Prefix
	// elsewhere reaches all but this machine, loopback also reaches this machine, and
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

// of returns the client for an address, which may be on this machine if it is the operator who has
// named it. That of a tenant may be there only if it is in the networks that the operator allows:
// a sidecar of the operator's is not for tenants to call. A client that trusts certificate
// authorities of its own is the caller's, who closes it.
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
