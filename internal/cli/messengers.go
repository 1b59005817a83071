package cli

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/spf13/pflag"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// messengerURLs are addresses of chat services in place of their public ones.
type messengerURLs struct {
	all messenger.Registry
	// byType are the values of --messenger-url.
	byType map[string]string
}

// addFlags adds a flag for all services that have a public address.
func (m *messengerURLs) addFlags(flags *pflag.FlagSet, all messenger.Registry) {
	m.all = all
	var public []string
	for _, d := range all {
		if d.DefaultURL != "" {
			public = append(public, d.Type+"="+d.DefaultURL)
		}
	}
	flags.StringToStringVar(&m.byType, "messenger-url", nil,
		"Address of a chat service in place of its public one, as TYPE=URL; may be repeated; default "+strings.Join(public, ", "))
}

// overrides returns the addresses by the type of the messenger.
func (m *messengerURLs) overrides() (map[string]string, error) {
	for kind, value := range m.byType {
		d, err := m.all.Find(kind)
		if err != nil {
			return nil, fmt.Errorf("reading --messenger-url: %w; known are %s", err, strings.Join(m.all.Types(), ", "))
		}
		if d.DefaultURL == "" {
			return nil, fmt.Errorf("reading --messenger-url: %s has no public address; each AccessNotifier names its server", kind)
		}
		if address, err := url.Parse(value); err != nil || address.Hostname() == "" {
			// The address is not repeated: it may hold credentials.
			return nil, fmt.Errorf("reading --messenger-url: the address of %s is not a URL", kind)
		}
	}
	return m.byType, nil
}
