package supervisor

import (
	"fmt"
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// bot returns the bot of the settings. An error is a *ConfigError. The caller calls
// release when it does not use the bot any more.
func (s *Supervisor) bot(m Messenger) (b *bot, release func(), err error) {
	descriptor, err := s.messengers.Find(m.Type)
	if err == nil {
		b, release, err = s.acquire(descriptor, m)
	}
	if err != nil {
		return nil, nil, &ConfigError{err: err}
	}
	return b, release, nil
}

func (s *Supervisor) acquire(d messenger.Descriptor, m Messenger) (*bot, func(), error) {
	address, overridden := s.urls[m.Type]
	if !overridden {
		address = m.URL
		if err := messenger.CheckPlainText(address, m.Insecure); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", strings.ToLower(m.Type), err)
		}
	}
	client, own, err := s.clients.of(address, overridden, m.Secrets[messenger.SecretCA])
	if err != nil {
		return nil, nil, fmt.Errorf("%s: the certificate authorities cannot be used: %w", strings.ToLower(m.Type), err)
	}
	return s.bots.acquire(d, messenger.Config{Secrets: m.Secrets, URL: address, HTTPClient: client, Version: s.version}, own)
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
