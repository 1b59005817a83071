package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// The sections that every file may have.
const (
	sectionTeleport   = "teleport"
	sectionRecipients = "role_to_recipients"
	sectionReminders  = "reminders"
	sectionLog        = "log"
	sectionReview     = "review"
)

// Parse reads a plugin's file. The messenger is told by its section, which is that of
// one of all. With any problem but warnings, the File is not whole.
func Parse(name string, content []byte, all messenger.Registry) (*File, []Problem) {
	tree, lines, problem := decode(name, content)
	if problem != nil {
		return &File{Name: name}, []Problem{*problem}
	}
	p := &parser{file: &File{Name: name, lines: lines}, tree: tree}
	p.checkSections(all)
	p.teleport()
	p.log()
	if descriptor, ok := p.findMessenger(all); ok {
		p.messenger(descriptor)
		if descriptor.RemindersOnly {
			p.reminders()
		} else {
			p.recipients(descriptor)
		}
		p.review(descriptor)
	}
	return p.file, sorted(p.problems)
}

// parser makes a File of the values in a file.
type parser struct {
	file     *File
	tree     map[string]any
	problems []Problem
}

// wrong notes what is wrong with the key at a path.
func (p *parser) wrong(path, format string, args ...any) {
	p.problems = append(p.problems, p.file.problem(path, fmt.Sprintf(format, args...)))
}

// unused notes that a key has no effect.
func (p *parser) unused(path, format string, args ...any) {
	p.wrong(path, format, args...)
	p.problems[len(p.problems)-1].Warning = true
}

// checkSections names sections that do not exist or have no effect, and checks that the
// others are sections.
func (p *parser) checkSections(all messenger.Registry) {
	known := []string{sectionTeleport, sectionRecipients, sectionReminders, sectionLog, sectionReview}
	for _, d := range all {
		known = append(known, sectionOf(d))
	}
	for _, name := range slices.Sorted(maps.Keys(p.tree)) {
		why, unused := unusedSections[name]
		_, isSection := p.tree[name].(map[string]any)
		switch {
		case unused:
			p.unused(name, "[%s] has no effect: %s", name, why)
		case !slices.Contains(known, name) && !isSection:
			p.wrong(name, "%s is in no section: put it below one of %s", name, sections(known))
		case !slices.Contains(known, name):
			p.wrong(name, "There is no section [%s]%s; there are %s", name, meant(nearest(name, known), "[%s]"), sections(known))
		case !isSection:
			p.wrong(name, "%s is no value: write [%s], and its keys below", name, name)
			delete(p.tree, name)
		}
	}
}

func sections(names []string) string {
	return "[" + strings.Join(names, "], [") + "]"
}

// meant asks whether a near name was meant, "" for none.
func meant(near, format string) string {
	if near == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean "+format+"?)", near)
}

// section returns the values of a section, after it has named those that do not exist.
func (p *parser) section(name string, known []string) section {
	values, _ := p.tree[name].(map[string]any)
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if !slices.Contains(known, key) {
			p.wrong(join(name, key), "[%s] has no key %s%s; it may have %s", name, key, meant(nearest(key, known), "%s"), strings.Join(known, ", "))
		}
	}
	return section{parser: p, name: name, values: values}
}

// findMessenger tells the messenger by its section.
func (p *parser) findMessenger(all messenger.Registry) (found messenger.Descriptor, ok bool) {
	var names []string
	for _, d := range all {
		name := sectionOf(d)
		names = append(names, name)
		if _, there := p.tree[name].(map[string]any); !there {
			continue
		}
		if ok {
			first, second := sectionOf(found), name
			if p.file.lines[first] > p.file.lines[second] {
				first, second = second, first
			}
			p.wrong(second, "The file has both [%s] and [%s]: give each messenger a file and a process of its own", first, second)
			continue
		}
		found, ok = d, true
	}
	if !ok {
		p.problems = append(p.problems, Problem{File: p.file.Name, Message: "The file names no messenger: add one of the sections " + sections(names)})
	}
	return found, ok
}

// recipients reads who hears of which request.
func (p *parser) recipients(d messenger.Descriptor) {
	if _, there := p.tree[sectionReminders]; there {
		p.wrong(sectionReminders, "[%s] takes no [%s]: its recipients hear of every request at once; remove the section", sectionOf(d), sectionReminders)
	}
	values, _ := p.tree[sectionRecipients].(map[string]any)
	byRole := map[string][]string{}
	for _, role := range slices.Sorted(maps.Keys(values)) {
		path := join(sectionRecipients, role)
		if _, isTable := values[role].(map[string]any); isTable {
			p.wrong(path, `Put the name of a role into quotes, as in "%s.x" = "recipient": a dot outside of quotes begins a table`, role)
			continue
		}
		byRole[role] = p.recipientList(path, `The role "`+role+`"`, values[role])
	}
	p.file.RoleToRecipients = p.withPluginRecipients(d, byRole)
}
