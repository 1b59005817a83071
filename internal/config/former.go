package config

import (
	"slices"
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// Keys of the messenger's section that no Descriptor names, but the plugin of that
// messenger knows or once knew.
const (
	keyURL        = "url"
	keyInsecure   = "insecure"
	keyRecipients = "recipients"
	keyTeam       = "team"
	keyChannel    = "channel"
	keySecret     = "secret"
)

// pluginKeys are those keys by messenger.
var pluginKeys = map[string][]string{
	"Mattermost": {keyRecipients, keyTeam, keyChannel, keySecret},
	"Slack":      {keyChannel, keySecret},
}

// unusedSections are sections that have no counterpart, and why.
var unusedSections = map[string]string{
	"http":     "nothing is called back from chat",
	"smtp":     "it is of the e-mail plugin",
	"mailgun":  "it is of the e-mail plugin",
	"delivery": "it is of the e-mail plugin",
}

// sectionOf returns the section that is named for a messenger.
func sectionOf(d messenger.Descriptor) string {
	return strings.ToLower(d.Type)
}

// keysOf returns the keys that the section of a messenger may have.
func keysOf(d messenger.Descriptor) []string {
	var keys []string
	if d.DefaultURL == "" {
		keys = append(keys, keyURL, keyInsecure, keyRootCAs)
	}
	keys = slices.Concat(keys, d.Secrets, d.Instead, d.OptionalSecrets)
	for _, setting := range d.Settings {
		keys = append(keys, setting.Name)
	}
	return append(keys, pluginKeys[d.Type]...)
}
