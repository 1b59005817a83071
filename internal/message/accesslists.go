package message

import (
	"cmp"
	"net/url"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accesslist"
	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// AccessLists reminds an owner of access lists that they have to be reviewed. The list that is
// due first comes first.
func (w Wording) AccessLists(lists []accesslist.List, c accessrequest.Cluster, now time.Time) Message {
	l := w.Language
	facts := facts{Wording: w}
	facts.lists(lists, now)
	facts.text(labelCluster, CleanLine(c.Name))
	return Message{
		Language: l,
		Title:    l.Say(titleLists),
		State:    accessrequest.Pending,
		Status:   l.Say(statusLists, len(lists)),
		Fields:   facts.known,
		URL:      listsURL(lists, c),
		Occasion: ListsDue,
	}
}

// lists adds the lists, each with when it has to be reviewed by.
func (l *facts) lists(lists []accesslist.List, now time.Time) {
	kept := lists[:min(len(lists), maxListed)]
	field := Field{More: len(lists) - len(kept), Long: true}
	for _, list := range kept {
		words := dueBy
		if list.Due.Before(now) {
			words = overdueSince
		}
		field.Items = append(field.Items, Item{
			Text:   cmp.Or(CleanLine(list.Title), CleanLine(list.Name)),
			Limits: []Limit{{Words: l.Language.Say(words), Values: []string{l.local(list.Due).Format(time.DateOnly)}}},
		})
	}
	l.add(labelLists, field)
}

// listsURL is the page of a list in the Web UI, or that of all if there are several; empty
// where there is none.
func listsURL(lists []accesslist.List, c accessrequest.Cluster) string {
	host := webHost(c.ProxyAddr)
	if host == "" {
		return ""
	}
	u := url.URL{Scheme: "https", Host: host, Path: "/web/accesslists"}
	if len(lists) == 1 && plainID(lists[0].Name) {
		u.Path += "/" + lists[0].Name
	}
	return u.String()
}
