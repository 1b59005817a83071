package config

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/routing"
)

// Bounds of reminders, which the AccessNotifier API has as well.
const (
	minAfter        = time.Minute
	maxAfter        = 7 * 24 * time.Hour
	maxReminders    = 5
	maxRemindedEach = 16
)

// adviceReminders says how reminders are written.
const adviceReminders = `write [` + sectionReminders + `], and below it for how long a request has been pending by then, as in "15m" = "on-call"`

// reminders reads who hears of requests that stay pending, by for how long they have been.
// No recipient hears of them before.
func (p *parser) reminders() {
	section := sectionOf(p.file.descriptor)
	values, _ := p.tree[sectionReminders].(map[string]any)
	_, others := p.tree[sectionRecipients]
	switch {
	case others:
		p.wrong(sectionRecipients, "[%s] takes no [%s], because no recipient is alerted at once: %s", section, sectionRecipients, adviceReminders)
	case len(values) == 0:
		p.wrong(section, "[%s] alerts no recipient without reminders: %s", section, adviceReminders)
	case len(values) > maxReminders:
		p.wrong(sectionReminders, "[%s] has more than %d times: remove some", sectionReminders, maxReminders)
	}
	for _, after := range slices.Sorted(maps.Keys(values)) {
		p.file.Reminders = append(p.file.Reminders, p.reminder(after, values[after]))
	}
	slices.SortFunc(p.file.Reminders, func(a, b routing.Reminder) int { return cmp.Compare(a.After, b.After) })
}

// reminder reads the reminder of requests that have been pending for so long.
func (p *parser) reminder(after string, value any) routing.Reminder {
	path := join(sectionReminders, after)
	wait, err := time.ParseDuration(after)
	if err != nil || wait < minAfter || wait > maxAfter || wait%time.Minute != 0 {
		p.wrong(path, `[%s] %q is no time of whole minutes, from "1m" to "168h": write one such as "15m" or "2h"`, sectionReminders, after)
	}
	reminder := routing.Reminder{After: wait}
	names := p.recipientList(path, `The reminder "`+after+`"`, value)
	for _, name := range names {
		// As an AccessNotifier has it.
		reminder.Recipients = append(reminder.Recipients, routing.Recipient{Name: name, Kind: routing.Channel})
	}
	if len(names) > maxRemindedEach {
		p.wrong(path, `The reminder "%s" has more than %d recipients: remove some`, after, maxRemindedEach)
	}
	return reminder
}
