package config

import (
	"cmp"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/hostport"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/routing"
)

// The values of insecure.
const (
	allow = "allow"
	deny  = "deny"
)

// The keys of [teleport] and [log].
const (
	keyAddr       = "addr"
	keyAuthServer = "auth_server" // before version 6 or so
	keyIdentity   = "identity"
	keyRefresh    = "refresh_identity"
	keyInterval   = "refresh_identity_interval"
	keyClientKey  = "client_key"
	keyClientCert = "client_crt"
	keyRootCAs    = "root_cas"
	keyOutput     = "output"
	keySeverity   = "severity"
)

func (p *parser) teleport() {
	s := p.section(sectionTeleport, []string{
		keyAddr, keyAuthServer, keyIdentity, keyRefresh, keyInterval, keyClientKey, keyClientCert, keyRootCAs,
	})
	t := &p.file.Teleport
	t.Address = s.address()
	t.Identity, t.Certificate, t.Key, t.CAs = s.text(keyIdentity), s.text(keyClientCert), s.text(keyClientKey), s.text(keyRootCAs)
	s.checkIdentity()
	t.RefreshInterval = cmp.Or(s.wait(keyInterval), DefaultRefreshInterval)
	if refresh, there := s.boolean(keyRefresh); there && !refresh {
		s.unused(keyRefresh, "refresh_identity = false has no effect: a new identity is always taken over, without a gap")
	}
}

func (s section) address() string {
	key := keyAddr
	if s.has(keyAuthServer) {
		if s.has(keyAddr) {
			s.wrong(keyAuthServer, "auth_server is the old name of addr: remove one of them")
		}
		key = keyAuthServer
	}
	if !s.has(key) {
		return defaultAddress
	}
	address := s.text(key)
	if _, _, err := hostport.Parse(address); err == nil {
		return address
	}
	s.wrong(key, "%s is %q: it must be HOST:PORT such as teleport.example.com:443 or [2001:db8::1]:443, without a scheme, path or space; "+
		"usual ports are 443 or 3080 for a Proxy and 3025 for an Auth Service", key, withoutUser(address))
	return ""
}

// withoutUser is an address without what stands before its host, which may be a password.
func withoutUser(address string) string {
	if at := strings.LastIndexByte(address, '@'); at >= 0 {
		return "..." + address[at:]
	}
	return address
}

// checkIdentity checks that there is one identity, in one form.
func (s section) checkIdentity() {
	triple := []string{keyClientKey, keyClientCert, keyRootCAs}
	there := slices.DeleteFunc(slices.Clone(triple), func(key string) bool { return !s.has(key) })
	for _, key := range append(there, keyIdentity) {
		if value, isText := s.values[key].(string); isText && strings.TrimSpace(value) == "" {
			s.wrong(key, "%s is empty: name a file, or remove it", key)
		}
	}
	switch {
	case s.has(keyIdentity) && len(there) > 0:
		s.wrong(there[0], "%s is set beside identity: keep the identity file, or the three of %s", there[0], strings.Join(triple, ", "))
	case s.has(keyIdentity), len(there) == len(triple):
	case len(there) > 0:
		s.wrong(there[0], "%s is set without all three of %s", there[0], strings.Join(triple, ", "))
	default:
		s.parser.wrong(s.name, "[teleport] names no identity: set identity to the file that tbot or tctl auth sign writes")
	}
}

func (p *parser) log() {
	s := p.section(sectionLog, []string{keyOutput, keySeverity})
	p.file.Log = Log{
		Output:   cmp.Or(s.text(keyOutput), Stderr),
		Severity: s.oneOf(keySeverity, defaultSeverity, "debug", "info", "warn", "error"),
	}
}

func (p *parser) messenger(d messenger.Descriptor) {
	s := p.section(sectionOf(d), keysOf(d))
	m := &p.file.Messenger
	p.file.descriptor = d
	m.Type, m.Secrets = d.Type, map[string]Secret{}
	if d.DefaultURL == "" {
		m.URL = s.text(keyURL)
		if m.URL == "" && !s.has(keyURL) {
			p.wrong(s.name, "[%s] has no url: set it to the address of your server, such as https://chat.example.com", s.name)
		}
		m.Insecure = s.oneOf(keyInsecure, deny, allow, deny) == allow
		if err := messenger.CheckPlainText(m.URL, m.Insecure); err != nil {
			s.wrong(keyURL, "url cannot be used: %v", err)
		}
		m.CAs = s.text(keyRootCAs)
	}
	for _, name := range s.needs(d) {
		m.Secrets[name] = s.secret(name)
	}
	m.Settings = s.settings(d)
	for _, name := range d.OptionalSecrets {
		if s.has(name) {
			m.Secrets[name] = s.secret(name)
		}
	}
	if s.has(keySecret) && slices.Contains(pluginKeys[d.Type], keySecret) {
		s.unused(keySecret, "secret has no effect: nothing is called back from chat")
	}
	if Usable(p.problems) {
		p.problems = append(p.problems, p.file.checkBot(m.shown(d))...)
	}
}

// needs are the secrets that the section must have: those in the place of the usual ones if it has
// one of them.
func (s section) needs(d messenger.Descriptor) []string {
	instead := slices.IndexFunc(d.Instead, s.has)
	if instead < 0 {
		return d.Secrets
	}
	for _, name := range d.Secrets {
		if s.has(name) {
			s.wrong(name, "%s is set beside %s: remove one of them", name, d.Instead[instead])
		}
	}
	return d.Instead
}

// settings returns what else the section says.
func (s section) settings(d messenger.Descriptor) map[string]string {
	var settings map[string]string
	for _, setting := range d.Settings {
		if value := s.text(setting.Name); value != "" {
			if settings == nil {
				settings = map[string]string{}
			}
			settings[setting.Name] = value
		}
		if setting.Required && !s.has(setting.Name) {
			s.parser.wrong(s.name, "[%s] has no %s: set it, as in %s = %q", s.name, setting.Name, setting.Name, setting.Example)
		}
	}
	return settings
}

// secret returns a secret, or the file that an absolute path names.
func (s section) secret(name string) Secret {
	text := s.text(name)
	switch {
	case filepath.IsAbs(text):
		return Secret{Path: text}
	case text == "" && !s.has(name):
		s.parser.wrong(s.name, "[%s] has no %s: set it to the value, or to the absolute path of a file that holds it", s.name, name)
	}
	return Secret{Value: text}
}

// shown returns the secrets as the section shows them. Of one that is in a file, something
// else has the place.
func (m Messenger) shown(d messenger.Descriptor) messenger.Secrets {
	secrets := messenger.Secrets{}
	for name, secret := range m.Secrets {
		switch {
		case secret.Path == "":
			secrets[name] = secret.Value
		case slices.Contains(d.Instead, name):
			maps.Copy(secrets, d.StandInSecrets())
		default:
			secrets[name] = d.StandIn(name)
		}
	}
	return secrets
}

// withPluginRecipients adds those that the messenger's section names to the recipients
// of roles without an entry of their own.
func (p *parser) withPluginRecipients(d messenger.Descriptor, byRole map[string][]string) map[string][]string {
	s := section{parser: p, name: sectionOf(d)}
	s.values, _ = p.tree[s.name].(map[string]any)
	keys := pluginKeys[d.Type]
	for _, key := range []string{keyRecipients, keyChannel} {
		if !s.has(key) || !slices.Contains(keys, key) {
			continue
		}
		if _, there := byRole[routing.AnyRole]; there {
			s.wrong(key, `%s names recipients besides those of "*" in [role_to_recipients]: keep one of them`, key)
		}
		byRole[routing.AnyRole] = s.pluginRecipients(key, keys)
	}
	if _, there := byRole[routing.AnyRole]; !there && !slices.Contains(keys, keyRecipients) {
		p.wrong(sectionRecipients, `[role_to_recipients] has no "*": name the recipients of roles without an entry of their own`)
	}
	return byRole
}

func (s section) pluginRecipients(key string, keys []string) []string {
	if key == keyRecipients {
		return s.parser.recipientList(s.path(key), "["+s.name+"] recipients", s.values[key])
	}
	channel := s.text(key)
	if !slices.Contains(keys, keyTeam) {
		return []string{channel}
	}
	team := s.text(keyTeam)
	if team == "" || channel == "" {
		s.wrong(key, "channel is set without team: name both, or write recipients = [\"team/channel\"]")
		return nil
	}
	return []string{team + "/" + channel}
}
