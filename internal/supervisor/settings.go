package supervisor

import (
	"net/netip"
	"net/url"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// bot returns the bot of the settings. An error is a *ConfigError. The caller calls
// release when it does not use the bot any more.
func (s *Supervisor) bot(m Messenger) (b *bot, release func(), err error) {
	descriptor, err := s.messengers.Find(m.Type)
	if err == nil {
		b, release, err = s.bots.acquire(descriptor, s.messengerConfig(m))
	}
	if err != nil {
		return nil, nil, &ConfigError{err: err}
	}
	return b, release, nil
}

// messengerConfig returns what a messenger is made with, but for the pauses that
// it shares with others.
func (s *Supervisor) messengerConfig(m Messenger) messenger.Config {
	address, client := m.URL, s.client
	override, overridden := s.urls[m.Type]
	if overridden {
		address = override
	}
	if overridden || isLoopback(address) {
		client = s.loopback
	}
	return messenger.Config{Secrets: m.Secrets, URL: address, HTTPClient: client, Version: s.version}
}

// Remote names the service of the settings.
func (s *Supervisor) Remote(m Messenger) messenger.Remote {
	// Without a descriptor, the service is called by its type.
	descriptor, err := s.messengers.Find(m.Type)
	if err != nil {
		descriptor.Type = m.Type
	}
	remote := descriptor.Remote(s.messengerConfig(m))
	remote.Token = m.SecretsFrom
	return remote
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

// NewMessenger returns the messenger of the settings as notifiers have it, for who needs
// one for a moment. It makes no call. An error is a *ConfigError.
func (s *Supervisor) NewMessenger(m Messenger) (messenger.Messenger, error) {
	b, release, err := s.bot(m)
	if err != nil {
		return nil, err
	}
	release()
	return b.Messenger, nil
}
