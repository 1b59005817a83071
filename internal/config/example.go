package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/review"
	"github.com/accessnotifier/accessnotifier/internal/routing"
)

// Example returns a configuration for a messenger, with comments that say what to write.
// The file is where it is looked for.
func Example(d messenger.Descriptor, file string) string {
	section := sectionOf(d)
	directory := "/var/lib/teleport/plugins/" + section + "/"
	var b strings.Builder
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(&b, format+"\n", args...) }

	line("# How Access Notifier announces Teleport's access requests in %s.", d.Title())
	line("# Put it at %s, or name it: access-notifier start -c FILE", file)
	line("")
	line("[%s]", sectionTeleport)
	line("# The Proxy Service, usually at port 443 or 3080, or the Auth Service at port 3025.")
	line("%s = %q", keyAddr, "teleport.example.com:443")
	line("# The identity file that tbot keeps fresh, or that tctl auth sign --format=file writes.")
	line("%s = %q", keyIdentity, directory+"identity")
	line("# A new identity is taken over at once. Besides, the file is read every:")
	line("# %s = %q", keyInterval, "1m")
	line("# In place of an identity file, what tctl auth sign --format=tls writes. It reaches an")
	line("# Auth Service only.")
	for _, part := range []struct{ key, file string }{{keyClientKey, "auth.key"}, {keyClientCert, "auth.crt"}, {keyRootCAs, "auth.cas"}} {
		line("# %s = %q", part.key, directory+part.file)
	}
	line("")
	line("[%s]", section)
	if d.DefaultURL == "" {
		line("# The address of your server.")
		line("%s = %q", keyURL, cmp.Or(d.URLExample, "https://"+section+".example.com"))
		line("# Certificate authorities that vouch for it besides those of this machine, in PEM form.")
		line("# %s = %q", keyRootCAs, directory+"ca.pem")
	}
	exampleSettings(line, d)
	exampleSecrets(line, d, directory)
	line("")
	exampleRecipients(line, d)
	exampleReview(line, d)
	line("")
	line("[%s]", sectionLog)
	line("%s = %q # or %q, or the path of a file", keyOutput, Stderr, Stdout)
	line("%s = %q # or %q, %q, %q", keySeverity, "INFO", "DEBUG", "WARN", "ERROR")
	return b.String()
}

// exampleSettings are what else a messenger is told; what it works without is commented out.
func exampleSettings(line func(format string, args ...any), d messenger.Descriptor) {
	for _, s := range d.Settings {
		line("# %s", s.About)
		if s.Required {
			line("%s = %q", s.Name, s.Example)
		} else {
			line("# %s = %q", s.Name, s.Example)
		}
	}
}

// exampleRecipients are who hears of which request, and when.
func exampleRecipients(line func(format string, args ...any), d messenger.Descriptor) {
	if d.RemindersOnly {
		line("[%s]", sectionReminders)
		line("# Who hears of requests that have been pending for so long: one recipient or a list.")
		line("%q = [%s]", "15m", quoted(d.ExampleRecipients[:1]))
		line("%q = [%s]", "1h", quoted(d.ExampleRecipients))
		return
	}
	line("[%s]", sectionRecipients)
	line("# Who hears of requests for a role: one recipient or a list. %q stands for roles", routing.AnyRole)
	line("# without a line of their own.")
	line("%q = [%s]", routing.AnyRole, quoted(d.ExampleRecipients[:1]))
	line("%q = [%s]", "production", quoted(d.ExampleRecipients))
}

// exampleReview is how reviewers are let decide in chat, commented out.
func exampleReview(line func(format string, args ...any), d messenger.Descriptor) {
	if !slices.Contains(reviewing, d.Type) {
		return
	}
	line("")
	line("# Whether reviewers can decide in chat: \"Off\", \"DenyOnly\" or \"Full\". See docs/review.md.")
	line("# [%s]", sectionReview)
	line("# %s = %q", keyMode, "DenyOnly")
	line("# The trait of Teleport users that holds the id of their chat account. The default:")
	line("# %s = %q", keyTrait, review.DefaultTrait(d.Type))
}

// exampleSecrets are the secrets of a bot; those that it works without are commented out.
func exampleSecrets(line func(format string, args ...any), d messenger.Descriptor, directory string) {
	for _, name := range d.Secrets {
		line("# The %s of the bot, or the absolute path of a file that holds it.", name)
		line("%s = %q", name, directory+name)
	}
	if len(d.Instead) > 0 {
		line("# In place of that, the paths of files that hold these:")
	}
	for _, name := range slices.Concat(d.Instead, d.OptionalSecrets) {
		line("# %s = %q", name, directory+name)
	}
}

func quoted(texts []string) string {
	all := make([]string, len(texts))
	for i, text := range texts {
		all[i] = fmt.Sprintf("%q", text)
	}
	return strings.Join(all, ", ")
}
