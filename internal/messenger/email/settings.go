package email

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"github.com/accessnotifier/accessnotifier/internal/hostport"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// policy says when a connection is made secure.
type policy int

// The policies.
const (
	// startTLS connections begin in clear text, and go on only if the server makes them secure.
	startTLS policy = iota
	// implicitTLS connections are secure from the beginning.
	implicitTLS
	// opportunistic connections are made secure if the server offers that.
	opportunistic
	// plainText connections never are.
	plainText
)

// policies are the schemes of addresses.
var policies = map[string]policy{
	"smtp": startTLS, "smtps": implicitTLS,
	messenger.SchemeOpportunistic: opportunistic, messenger.SchemePlainSMTP: plainText,
}

// ports are those of addresses that name none.
var ports = map[policy]uint16{startTLS: 587, implicitTLS: 465, opportunistic: 25, plainText: 25}

// settings are what mail is sent with.
type settings struct {
	host, address string
	policy        policy
	from          mail.Address
	// domain is that of the sender, by which the operator names itself, too.
	domain string
	// domains are those of people whom requests name.
	domains            map[string]bool
	username, password string
}

// maxName bounds the name of the sender, in runes.
const maxName = 100

// readSettings checks a configuration. Errors repeat nothing of it.
func readSettings(c messenger.Config) (settings, error) {
	var s settings
	err := errors.Join(s.readAddress(c.URL), s.readFrom(c.Settings[SettingFrom]), s.readDomains(c.Settings[SettingDomains]), s.readLogin(c))
	if err != nil {
		return settings{}, fmt.Errorf("email: %s", strings.ReplaceAll(err.Error(), "\n", ", and "))
	}
	return s, nil
}

func (s *settings) readAddress(address string) error {
	u, err := url.Parse(strings.TrimSpace(address))
	known := false
	if err == nil {
		s.policy, known = policies[u.Scheme]
	}
	if err != nil || !known || u.User != nil || u.Path != "" || strings.ContainsAny(address, "?#") {
		return errors.New("the address is not smtp://HOST:PORT, or smtps://HOST:PORT for a server that speaks TLS from the beginning")
	}
	port := ports[s.policy]
	host, err := hostport.ParseHost(u.Host)
	if err != nil {
		host, port, err = hostport.Parse(u.Host)
	}
	if err != nil {
		return fmt.Errorf("the address is not HOST:PORT: %w", err)
	}
	s.host, s.address = host, net.JoinHostPort(host, strconv.Itoa(int(port)))
	return nil
}

func (s *settings) readFrom(from string) error {
	parsed, err := mail.ParseAddress(strings.TrimSpace(from))
	if err != nil || strings.ContainsFunc(from, unicode.IsControl) {
		return errors.New(`from is no mailbox such as "Teleport <teleport@example.com>"`)
	}
	address, failure := parseRecipient(parsed.Address)
	if failure != nil {
		return errors.New("from is no mailbox that mail can come from: write a plain address in it, such as teleport@example.com")
	}
	s.from = mail.Address{Name: message.Cut(message.CleanLine(parsed.Name), maxName, message.CountRunes), Address: address}
	_, s.domain, _ = strings.Cut(address, "@")
	return nil
}

func (s *settings) readDomains(domains string) error {
	s.domains = map[string]bool{}
	for one := range strings.SplitSeq(cmp.Or(domains, s.domain), ",") {
		domain, err := asciiDomain(strings.TrimSpace(one))
		if err != nil && one != "" {
			return errors.New("domains are no domains such as example.com, separated by commas")
		}
		s.domains[domain] = true
	}
	return nil
}

func (s *settings) readLogin(c messenger.Config) error {
	s.username = cmp.Or(c.Secrets.Trimmed(SecretUsername), strings.TrimSpace(c.Settings[SettingUsername]))
	s.password = c.Secrets.Trimmed(SecretPassword)
	switch {
	case (s.username == "") != (s.password == ""):
		return errors.New("a username and a password are set together, or neither is")
	case strings.ContainsFunc(s.username+s.password, unicode.IsControl):
		return errors.New("the username or the password holds line breaks or other invisible characters")
	case s.password != "" && s.policy == plainText && !isThisMachine(s.host):
		return errors.New("without TLS no password is sent: let tls be another than Disabled, or log in nowhere")
	}
	return nil
}

// isThisMachine reports whether what is sent there does not leave this machine.
func isThisMachine(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
