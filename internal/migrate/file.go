package migrate

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/config"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/review"
	"github.com/accessnotifier/accessnotifier/internal/routing"
)

// fromFile translates a plugin's TOML file. With any problem but warnings, the notifier
// is not whole.
func fromFile(source string, content []byte, o Options) (*Notifier, []Problem) {
	file, problems := config.Parse(source, content, o.Messengers)
	if !config.Usable(problems) {
		return nil, problems
	}
	var material config.Material
	if o.IncludeSecrets {
		var wrong []Problem
		material, wrong = file.Material(config.Material{}, time.Now())
		problems = append(problems, wrong...)
	}
	d, err := o.Messengers.Find(file.Messenger.Type)
	if err != nil {
		return nil, append(problems, Problem{File: source, Message: err.Error()})
	}
	name := cmp.Or(o.name, sectionOf(d))
	bot := Secret{Name: name + "-bot"}
	refs := map[string]any{}
	for _, key := range slices.Sorted(maps.Keys(file.Messenger.Secrets)) {
		refs[key] = reference(bot.Name, "")
		bot.Values = append(bot.Values, Value{
			Key: key, Path: file.Messenger.Secrets[key].Path, Content: []byte(material.Secrets[key]),
		})
	}
	if path := file.Messenger.CAs; path != "" {
		refs["ca"] = reference(bot.Name, "")
		bot.Values = append(bot.Values, Value{Key: messenger.SecretCA, Path: path, Content: []byte(material.Secrets[messenger.SecretCA])})
	}
	n := newNotifier(source, name, file.Teleport.Address, file.RoleToRecipients)
	n.speak(d, file.Messenger.URL, file.Messenger.Insecure, refs)
	n.remind(file.Reminders)
	n.letDecide(file.Review)
	n.Secrets = []Secret{bot, n.identityOf(file.Teleport, material)}
	n.logOf(file.Log)
	return n, append(problems, withoutCounterpart(file)...)
}

// remind adds reminders of every request.
func (n *Notifier) remind(reminders []routing.Reminder) {
	var field []any
	for _, reminder := range reminders {
		var recipients []any
		for _, recipient := range reminder.Recipients {
			recipients = append(recipients, map[string]any{"channel": recipient.Name})
		}
		field = append(field, map[string]any{"afterMinutes": int64(reminder.After / time.Minute), "recipients": recipients})
	}
	if len(field) > 0 {
		n.Spec["reminders"] = field
	}
}

// letDecide says who may decide in chat. Where that is off, nothing is said.
func (n *Notifier) letDecide(r review.Spec) {
	if !r.On() {
		return
	}
	identity := map[string]any{"trait": r.Trait}
	if len(r.Domains) > 0 {
		domains := make([]any, len(r.Domains))
		for i, domain := range r.Domains {
			domains[i] = domain
		}
		identity = map[string]any{"emailIsUsername": map[string]any{"domains": domains}}
	}
	field := map[string]any{"mode": string(r.Mode), "identity": identity}
	if r.ReasonRequired {
		field["reason"] = string(v1alpha1.ReviewReasonRequired)
	}
	n.Spec["review"] = field
}

// identityOf adds the identity that a file names, and returns its Secret.
func (n *Notifier) identityOf(t config.Teleport, m config.Material) Secret {
	s := Secret{Name: n.Name + "-identity"}
	if t.Identity != "" {
		n.identify("identitySecretRef", reference(s.Name, ""))
		s.Values = []Value{{Key: keyIdentity, Path: t.Identity, Content: m.Identity.File}}
		return s
	}
	n.identify("tlsSecretRef", reference(s.Name, ""))
	s.Values = []Value{
		{Key: "auth.crt", Path: t.Certificate, Content: m.Identity.Cert},
		{Key: "auth.key", Path: t.Key, Content: m.Identity.Key},
		{Key: "auth.cas", Path: t.CAs, Content: m.Identity.CAs},
	}
	return s
}

// levels are those of the operator's log by a plugin's severities.
var levels = map[string]string{"debug": "debug", "info": "info", "warn": "error", "error": "error"}

func (n *Notifier) logOf(l config.Log) {
	if level := levels[l.Severity]; level != "info" {
		n.Chart["log"] = map[string]any{"level": level}
	}
}

// withoutCounterpart names the keys of a file that become nothing.
func withoutCounterpart(f *config.File) []Problem {
	var problems []Problem
	add := func(line int, message string) {
		if line > 0 {
			problems = append(problems, Problem{File: f.Name, Line: line, Message: message, Warning: true})
		}
	}
	add(f.Line("teleport", "refresh_identity"), "refresh_identity has no counterpart: a changed Secret is always taken over, without a gap")
	add(f.Line("teleport", "refresh_identity_interval"), "refresh_identity_interval has no counterpart: a changed Secret is taken over at once")
	add(f.Line("log", "output"), "log.output has no counterpart: the operator writes its log to stderr")
	if isLocal(f.Teleport.Address) {
		add(cmp.Or(f.Line("teleport", "addr"), f.Line("teleport", "auth_server"), f.Line("teleport")), "addr "+adviceLocal)
	}
	return problems
}
