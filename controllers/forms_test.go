package controllers_test

import (
	"testing"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

// Every form in which people have an identity, under the names that the tools
// give to its parts.
func TestIdentityForms(t *testing.T) {
	file := func(keys ...string) func(*stage, *teleporttest.Identity) {
		return func(s *stage, id *teleporttest.Identity) {
			data := map[string][]byte{}
			for _, key := range keys {
				data[key] = id.File
			}
			s.putSecret(identitySecret, data)
		}
	}
	triple := func(cert, key, cas string) func(*stage, *teleporttest.Identity) {
		return func(s *stage, id *teleporttest.Identity) {
			s.notifier.Spec.Teleport.IdentitySecretRef = nil
			s.notifier.Spec.Teleport.TLSSecretRef = &v1alpha1.TLSSecretReference{Name: "tls"}
			s.putSecret("tls", map[string][]byte{cert: id.Cert, key: id.Key, cas: id.CAs})
		}
	}
	forms := map[string]func(*stage, *teleporttest.Identity){
		"tbot":       file("identity"),
		"tctl":       file("auth_id"),
		"files":      triple("auth.crt", "auth.key", "auth.cas"),
		"TLS Secret": triple("tls.crt", "tls.key", "ca.crt"),
		"named key": func(s *stage, id *teleporttest.Identity) {
			file("plugin.pem")(s, id)
			s.notifier.Spec.Teleport.IdentitySecretRef.Key = "plugin.pem"
		},
		"tbot's before tctl's": func(s *stage, id *teleporttest.Identity) {
			s.putSecret(identitySecret, map[string][]byte{"identity": id.File, "auth_id": []byte("not-this-one-please")})
		},
		"with a private CA": func(s *stage, id *teleporttest.Identity) {
			file("identity")(s, id)
			s.putSecret("ca", map[string][]byte{"ca.crt": id.CAs})
			s.notifier.Spec.Teleport.CASecretRef = &v1alpha1.SecretKeyReference{Name: "ca"}
		},
		"with a private CA under a named key": func(s *stage, id *teleporttest.Identity) {
			file("identity")(s, id)
			s.putSecret("ca", map[string][]byte{"root.pem": id.CAs})
			s.notifier.Spec.Teleport.CASecretRef = &v1alpha1.SecretKeyReference{Name: "ca", Key: "root.pem"}
		},
	}
	for name, put := range forms {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, teleporttest.Options{})
			identity, err := s.teleport.Identity(teleporttest.IdentityOptions{User: "bot-notifier", Roles: []string{teleporttest.PluginRole}})
			s.must(err)
			s.putToken(s.token)
			put(s, identity)
			s.apply()
			n := s.awaitReady()
			if got := n.Status.Teleport.User; got != "bot-notifier" {
				t.Errorf("the user is %q", got)
			}
			s.awaitPosts(s.channel, s.request())
		})
	}
}
