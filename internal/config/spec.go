package config

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/supervisor"
)

// Spec returns what a notifier is made of, as a controller makes it of an AccessNotifier.
// The plugin name is how Access Monitoring Rules name it; the default is the messenger's.
func (f *File) Spec(m Material, pluginName string) supervisor.Spec {
	return supervisor.Spec{
		Teleport: supervisor.Teleport{
			Address:     f.Teleport.Address,
			IdentityRef: strings.Join(f.Teleport.files(), ","),
			Identity:    m.Identity,
		},
		Messenger: supervisor.Messenger{
			Type: f.Messenger.Type, URL: f.Messenger.URL, Insecure: f.Messenger.Insecure,
			Settings: f.Messenger.Settings, Secrets: m.Secrets, SecretsFrom: f.secretsFrom(),
		},
		// Where the plugin ran that the file is of, its messages are there.
		Predecessor: cmp.Or(pluginName, sectionOf(f.descriptor)),
		Rules:       f.Rules(pluginName),
		Review:      f.Review,
	}
}

// secretsFrom says where the bot's secrets are.
func (f *File) secretsFrom() string {
	section := sectionOf(f.descriptor)
	var places []string
	for _, name := range slices.Sorted(maps.Keys(f.Messenger.Secrets)) {
		place := fmt.Sprintf("%s of [%s] in %s", name, section, f.Name)
		if path := f.Messenger.Secrets[name].Path; path != "" {
			place = "in the file " + path
		}
		places = append(places, place)
	}
	return strings.Join(places, " and ")
}

// Key names the notifier, and so its records in Teleport. It says nothing of the host:
// two hosts with one file share their records, so that neither repeats what the other
// has posted, and a host that is renamed finds them again. A plugin name keeps two
// notifiers of one messenger apart; the default is the messenger's.
func (f *File) Key(pluginName string) supervisor.Key {
	section := sectionOf(f.descriptor)
	name := cmp.Or(pluginName, section)
	if name != section {
		// No namespace has a colon, so that this is no notifier in Kubernetes, either.
		name = section + ":" + name
	}
	return supervisor.Key{Name: name}
}
