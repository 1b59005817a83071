package teamsworkflow

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/hostport"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// others stands for all recipients that have no line of their own.
const others = "*"

// standIn has the form of the secret.
const standIn = others + " https://stand-in.environment.api.powerplatform.com/workflows/stand-in?sig=stand-in"

// workflows are the URLs by the names of the recipients.
type workflows map[string]*url.URL

// of returns the URL for a recipient, nil if there is none.
func (w workflows) of(name string) *url.URL {
	if own := w[name]; own != nil {
		return own
	}
	return w[others]
}

// maxURL bounds a URL in bytes. Those of Microsoft have about 300.
const maxURL = 2048

// readWorkflows reads the secret: on each line a name and the URL of its workflow, with white
// space between. A URL without a name is that of all recipients. Empty lines, and those that
// begin with "#", are left out. Where there is a gateway, it has the place of all hosts.
//
// Errors name the line, and repeat nothing of it.
func readWorkflows(secret string, gateway *url.URL) (workflows, error) {
	all := workflows{}
	number := 0
	for line := range strings.Lines(secret) {
		number++
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		name, address, err := readLine(fields)
		if err == nil && all[name] != nil {
			err = errors.New("has the same name as one above it, or no name as one above it")
		}
		if err != nil {
			return nil, fmt.Errorf("teamsworkflow: line %d of the secret %s %w", number, SecretWorkflows, err)
		}
		all[name] = through(gateway, address)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("teamsworkflow: the secret %s holds no workflow: write a name and the URL of its workflow on each line", SecretWorkflows)
	}
	return all, nil
}

// checkSecret leaves the form of the secret to readWorkflows.
func checkSecret(name, secret string) error {
	if secret == "" {
		return fmt.Errorf("the secret %s is empty", name)
	}
	return nil
}

func readLine(fields []string) (name string, address *url.URL, err error) {
	switch len(fields) {
	case 1:
		name = others
	case 2:
		name = fields[0]
	default:
		return "", nil, errors.New("is more than a name and a URL with a space between")
	}
	if _, ok := messenger.RecipientName(name); !ok && name != others {
		return "", nil, errors.New("begins with what is no name of a recipient: " +
			"it has letters, digits, dots, dashes and underscores, or is " + others + " for all others")
	}
	address, err = readURL(fields[len(fields)-1])
	return name, address, err
}

// readURL reads the URL of a workflow.
func readURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" || !isHost(u.Host) || u.User != nil || strings.Contains(text, "#") || len(text) > maxURL {
		return nil, errors.New("has no URL of a workflow: it begins with https:// and has no user name and no fragment")
	}
	if query, err := url.ParseQuery(u.RawQuery); err != nil || query.Get("sig") == "" {
		return nil, errors.New("has a URL without a signature, which is behind sig=: copy all of it from the workflow, " +
			"whose trigger must let anyone start it")
	}
	return u, nil
}

func isHost(host string) bool {
	if _, err := hostport.ParseHost(host); err == nil {
		return true
	}
	_, _, err := hostport.Parse(host)
	return err == nil
}

// through leads to a gateway what is for a host, unless there is none.
func through(gateway, address *url.URL) *url.URL {
	if gateway == nil {
		return address
	}
	led := *address
	led.Scheme, led.Host = gateway.Scheme, gateway.Host
	led.Path, led.RawPath = gateway.Path+address.Path, gateway.EscapedPath()+address.EscapedPath()
	return &led
}
