package canary

import (
	"context"
	"os"
	"os/exec"

	corev1 "k8s.io/api/core/v1"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/test/kit/canary"
	"github.com/accessnotifier/accessnotifier/test/kit/service"
)

// command returns the program, as a process of its own.
func (w *world) command(ctx context.Context, args ...string) *exec.Cmd {
	w.Helper()
	self, err := os.Executable()
	if err != nil {
		w.Fatal(err)
	}
	command := exec.CommandContext(ctx, self, args...)
	command.Env, command.Dir = w.environment("nothing"), w.dir
	return command
}

// notifier is an AccessNotifier for a service, with a Secret of this name.
func (w *world) notifier(c *chat, name, secret string) *v1alpha1.AccessNotifier {
	n := &v1alpha1.AccessNotifier{ObjectMeta: meta(name)}
	n.Spec.Teleport = v1alpha1.TeleportSpec{Address: w.teleport.Addr(), IdentitySecretRef: &v1alpha1.SecretKeyReference{Name: "identity"}}
	n.Spec.Messenger = c.service.Spec(c.url, v1alpha1.SecretKeyReference{Name: v1alpha1.SecretName(secret)})
	c.service.Tell(&n.Spec, c.recipient())
	return n
}

// everything is an AccessNotifier that uses all that there is.
func (w *world) everything(c *chat) *v1alpha1.AccessNotifier {
	n := w.notifier(c, c.service.Name(), c.service.Name())
	if c.service.ByEmail() || c.service.Buttons() { // It knows people.
		n.Spec.RequesterPolicy = v1alpha1.NotificationNotify
		n.Spec.RequesterTrait = c.service.Trait()
		n.Spec.AccessListReminders = &v1alpha1.AccessListReminders{Policy: v1alpha1.NotificationNotify}
	}
	n.Spec.Message = &v1alpha1.MessageSpec{ExtraFields: []v1alpha1.ExtraField{
		{Label: "Ticket", Value: `request.annotations[?"ticket"].orValue([])`},
		{Label: "Number", Value: `string(int(request.reason))`},
	}}
	if !c.service.RemindersOnly() {
		// None of them can be judged for a reason that is neither number, time nor pattern.
		for name, condition := range map[string]string{
			"number":  `int(request.reason) > 0`,
			"time":    `timestamp(request.reason) > timestamp("2020-01-01T00:00:00Z")`,
			"length":  `duration(request.reason) > duration("1s")`,
			"pattern": `request.user.matches(request.reason)`,
			"key":     `request.annotations[request.reason].size() > 0`,
		} {
			n.Spec.Routes = append(n.Spec.Routes, v1alpha1.Route{
				Name: name, Match: &v1alpha1.RouteMatch{Condition: condition},
				Recipients: []v1alpha1.RouteRecipient{c.routed()},
			})
		}
	}
	if c.service.Buttons() {
		for key, value := range c.service.Review(&n.Spec) {
			c.secrets[key] = value
		}
	}
	return n
}

// routed is how a route writes the channel.
func (c *chat) routed() v1alpha1.RouteRecipient {
	if c.service.SMTP {
		return v1alpha1.RouteRecipient{User: v1alpha1.RecipientName(c.recipient())}
	}
	return v1alpha1.RouteRecipient{Channel: v1alpha1.RecipientName(c.recipient())}
}

// addNotifiers makes an AccessNotifier that works for each service.
func (w *world) addNotifiers() {
	w.Helper()
	for _, c := range w.chats {
		n := w.everything(c)
		w.addMissing(c)
		w.create(n)
	}
}

// addMissing puts secrets that buttons need into the Secret of a service.
func (w *world) addMissing(c *chat) {
	w.Helper()
	stored := &corev1.Secret{ObjectMeta: meta(c.service.Name()), StringData: map[string]string{}}
	for key, value := range c.secrets {
		w.secret(c.service.Name()+"/"+key, value)
		stored.StringData[key] = value
	}
	if err := w.plane.Client().Update(w.Context(), stored); err != nil {
		w.Fatal(err)
	}
}

// malformed are the ways in which a secret is stored that cannot work.
var malformed = map[string]func(value string) string{
	"line-break": func(v string) string { return v[:len(v)/2] + "\n" + v[len(v)/2:] },
	"cut":        func(v string) string { return v[:len(v)/2] },
	"quoted":     func(v string) string { return `"` + v + `" # the token` },
	"assigned":   func(v string) string { return "token=" + v },
	"binary":     func(v string) string { return "\x00" + v + "\x1b[31m" },
}

// addMalformed makes AccessNotifiers that cannot work, each because of a secret, and returns their
// names.
func (w *world) addMalformed() {
	w.Helper()
	for _, c := range w.chats {
		for how, spoil := range malformed {
			name := c.service.Name() + "-" + how
			secrets := map[string]string{}
			for key, value := range c.secrets {
				secrets[key] = spoil(value)
			}
			w.create(&corev1.Secret{ObjectMeta: meta(name), StringData: secrets})
			w.create(w.notifier(c, name, name))
		}
		w.addSwapped(c)
	}
	w.addMalformedIdentities()
	w.addUnreachable()
}

// addSwapped makes AccessNotifiers that have something else in the place of each secret.
func (w *world) addSwapped(c *chat) {
	w.Helper()
	identity := w.addIdentity(c.service.Name()+"-identity", misplaced+c.service.Name()+" identity")
	account := `{"apiVersion":"v1","kind":"Config","users":[{"user":{"token":"` + canary.Word(c.service.Name()+" kubeconfig") + `"}}]}`
	w.secret(misplaced+c.service.Name()+" kubeconfig", canary.Word(c.service.Name()+" kubeconfig"))
	for how, value := range map[string]string{"swapped": identity, "kubeconfig": account} {
		secrets := map[string]string{}
		for key := range c.secrets {
			secrets[key] = value
		}
		name := c.service.Name() + "-" + how
		w.create(&corev1.Secret{ObjectMeta: meta(name), StringData: secrets})
		w.create(w.notifier(c, name, name))
	}
}

// addMalformedIdentities makes AccessNotifiers with identities that cannot work.
func (w *world) addMalformedIdentities() {
	w.Helper()
	slack := w.chat(service.Slack)
	for how, spoil := range malformed {
		name := "identity-" + how
		file := w.addIdentity(name+"-whole", "teleport/"+name)
		w.create(&corev1.Secret{ObjectMeta: meta(name), StringData: map[string]string{"identity": spoil(file)}})
		n := w.notifier(slack, name, slack.service.Name())
		n.Spec.Teleport.IdentitySecretRef.Name = v1alpha1.SecretName(name)
		w.create(n)
	}
	for how, ref := range map[string]string{"token": slack.service.Name(), "key": "identity"} {
		n := w.notifier(slack, "identity-"+how, slack.service.Name())
		n.Spec.Teleport.IdentitySecretRef = &v1alpha1.SecretKeyReference{Name: v1alpha1.SecretName(ref), Key: v1alpha1.SecretKey(map[string]string{"token": "token", "key": "auth.key"}[how])}
		w.create(n)
	}
	tls := w.notifier(slack, "identity-tls", slack.service.Name())
	tls.Spec.Teleport.IdentitySecretRef, tls.Spec.Teleport.TLSSecretRef = nil, &v1alpha1.TLSSecretReference{Name: "identity"}
	w.create(tls)
}

// addUnreachable makes AccessNotifiers whose service or Teleport is behind a proxy that refuses, or
// has a certificate that is not trusted.
func (w *world) addUnreachable() {
	w.Helper()
	mattermost := w.chat(service.Mattermost)
	for name, url := range map[string]string{"behind-proxy": "https://chat.canary.example", "untrusted": newUntrusted(w)} {
		n := w.notifier(mattermost, name, mattermost.service.Name())
		n.Spec.Messenger.Mattermost.URL = v1alpha1.ServerURL(url)
		w.create(n)
	}
	n := w.notifier(mattermost, "teleport-behind-proxy", mattermost.service.Name())
	n.Spec.Teleport.Address = "teleport.canary.example:443"
	w.create(n)
}

// chat returns a service's.
func (w *world) chat(s service.Service) *chat {
	w.Helper()
	for _, c := range w.chats {
		if c.service.Type == s.Type {
			return c
		}
	}
	w.Fatalf("there is no %s", s.Type)
	return nil
}
