package cli

import (
	"fmt"
	"net/netip"

	"github.com/go-logr/logr"
	"github.com/spf13/pflag"

	"github.com/accessnotifier/accessnotifier/internal/dialguard"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/metrics"
	"github.com/accessnotifier/accessnotifier/internal/supervisor"
	"github.com/accessnotifier/accessnotifier/internal/teleport"
)

// reach is where connections may lead.
type reach struct {
	allowNetworks []string
	messengerURLs messengerURLs
	// always are networks that need no flag.
	always []netip.Prefix
}

// addFlags adds the flags of all that messengers need. The usage says what is refused
// without them.
func (r *reach) addFlags(flags *pflag.FlagSet, all messenger.Registry, refused string) {
	flags.StringSliceVar(&r.allowNetworks, "allow-networks", nil,
		"Networks, such as 127.0.0.0/8, in which Teleport and chat servers may be although addresses there are refused: "+refused)
	r.messengerURLs.addFlags(flags, all)
}

// networks returns the networks that connections may lead to besides those that
// they may lead to anyway.
func (r *reach) networks() ([]netip.Prefix, error) {
	var networks []netip.Prefix
	networks = append(networks, r.always...)
	for _, text := range r.allowNetworks {
		network, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("reading --allow-networks: %w", err)
		}
		networks = append(networks, network)
	}
	return networks, nil
}

// supervisor returns what runs notifiers within that reach. The URL is where chat services
// report clicks, empty for nowhere.
func (r *reach) supervisor(log logr.Logger, counters *metrics.Metrics, reviewURL string) (*supervisor.Supervisor, error) {
	networks, err := r.networks()
	if err != nil {
		return nil, err
	}
	urls, err := r.messengerURLs.overrides()
	if err != nil {
		return nil, err
	}
	return supervisor.New(supervisor.Options{
		Log:           log.WithName("notifier"),
		Pool:          teleport.NewPool(teleport.Options{Log: log.WithName("teleport"), Guard: dialguard.New(networks...)}),
		AllowNetworks: networks,
		Messengers:    r.messengerURLs.all,
		URLs:          urls,
		ReviewURL:     reviewURL,
		Version:       Version(),
		Metrics:       counters,
	}), nil
}
