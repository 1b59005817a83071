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
	address, overridden := s.address(m)
	if !overridden {
		if err := messenger.CheckPlainText(address, m.Insecure); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", strings.ToLower(m.Type), err)
		}
	}
	client, own, err := s.clients.of(address, overridden, m.Secrets[messenger.SecretCA])
	if err != nil {
		return nil, nil, fmt.Errorf("%s: the certificate authorities cannot be used: %w", strings.ToLower(m.Type), err)
	}
	return s.bots.acquire(d, messenger.Config{
		Secrets: m.Secrets, Settings: m.Settings, URL: address, HTTPClient: client, Version: s.version,
	}, own)
}

// address returns where the service of the settings is, and whether that is not as they say.
func (s *Supervisor) address(m Messenger) (address string, overridden bool) {
	if override, ok := s.urls[m.Type]; ok {
		return override, true
	}
	return m.URL, false
}

// Remote names the service of the settings.
func (s *Supervisor) Remote(m Messenger) messenger.Remote {
	// Without a descriptor, the service is called by its type.
	descriptor, err := s.messengers.Find(m.Type)
	if err != nil {
		descriptor.Type = m.Type
	}
	address, _ := s.address(m)
	remote := descriptor.Remote(messenger.Config{URL: address})
	remote.Token = m.SecretsFrom
	return remote
}

// remindersOnly reports whether the messenger of the settings is for reminders only. One that
// is not known has a problem of its own.
func (s *Supervisor) remindersOnly(m Messenger) bool {
	descriptor, err := s.messengers.Find(m.Type)
	return err == nil && descriptor.RemindersOnly
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
