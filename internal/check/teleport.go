package check

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/notifier/predecessor"
	"github.com/accessnotifier/accessnotifier/internal/teleport"
)

// expiresSoon is when an identity should have been renewed: tbot does that every 20
// minutes, for an hour.
const expiresSoon = 30 * time.Minute

// teleport checks the identity, and what it may do. It returns the server's version, ""
// if it is not known.
func (o Options) teleport(ctx context.Context, s section) string {
	credentials := o.Spec.Teleport.Identity
	if o.unread(len(credentials.File) == 0 && len(credentials.Cert) == 0) {
		s.skipped("identity", "not tried, it could not be read")
		return ""
	}
	id, err := teleport.ParseIdentity(credentials, o.Now())
	if err != nil {
		finding, advice := split(err.Error())
		s.add(Failed, "identity", finding, advice)
		s.skipped("connection", "not tried without an identity")
		return ""
	}
	o.identity(s, id)
	found, err := o.Teleport.Examine(ctx, o.Spec.Teleport.Address, id, o.needs())
	if err != nil {
		finding, advice := split(err.Error())
		s.add(Failed, "connection", finding, advice)
		s.skipped("permissions", "not tried without a connection")
		return ""
	}
	s.passed("connection", fmt.Sprintf("cluster %s at %s, version %s", found.Cluster.Name, o.Spec.Teleport.Address, found.Cluster.ServerVersion))
	for _, trial := range found.Trials {
		s.trial(trial)
	}
	s.adoption(o.Spec.Predecessor, found.PluginData)
	s.reviews(found.Cluster)
	if o.Spec.Review.On() && !found.Cluster.ReviewsForUsers {
		s.add(Warned, "reviews in chat", "this cluster takes no reviews for users, so that messages have no buttons",
			"That needs Teleport Enterprise 18.11 or 19")
	}
	return found.Cluster.ServerVersion
}

// needs is what the notifier does in Teleport that others do not.
func (o Options) needs() teleport.Needs {
	deciding := o.Spec.Review.On()
	return teleport.Needs{
		Traits:      o.Spec.Rules.NeedTraits() || deciding,
		Users:       deciding && o.Spec.Review.Trait != "",
		Reviews:     deciding,
		Plugin:      o.Spec.Predecessor,
		AccessLists: o.Spec.AccessLists != nil,
	}
}

func (o Options) identity(s section, id *teleport.Identity) {
	roles := "no roles"
	if n := len(id.Roles); n > 0 {
		roles = words(n, "role") + " " + strings.Join(id.Roles, ", ")
	}
	form := "identity file"
	if !id.ReachesProxies() {
		form = "certificate, key and CAs; an Auth Service takes these, a Proxy does not"
	}
	s.passed("identity", fmt.Sprintf("user %s, %s", id.User, roles))
	s.passed("form", form)
	left := id.NotAfter.Sub(o.Now()).Truncate(time.Minute)
	finding := fmt.Sprintf("in %s, at %s", duration(left), id.NotAfter.UTC().Format(time.RFC3339))
	if left < expiresSoon {
		s.add(Warned, "expiry", finding, "Check that tbot still renews it, or sign a new one with tctl")
		return
	}
	s.passed("expiry", finding)
}

// trial adds how the try of a permission ended.
func (s section) trial(t teleport.Trial) {
	switch {
	case t.Err == nil:
		s.passed(t.Kind, "may "+t.Verbs)
	case errors.Is(t.Err, teleport.ErrNotServed):
		s.skipped(t.Kind, t.Err.Error())
	default:
		mark := Failed
		finding, advice := split(t.Err.Error())
		if t.Optional {
			mark, finding = Warned, finding+" (optional)"
		}
		s.add(mark, t.Kind, finding, advice)
	}
}

// adoption says what a plugin has posted that the notifier takes over.
func (s section) adoption(plugin string, kept map[string]map[string]string) {
	requests := 0
	for _, data := range kept {
		if told := predecessor.Parse(data); len(told.Messages) > 0 && !told.Resolved {
			requests++
		}
	}
	if requests > 0 {
		s.passed("plugin "+plugin, "has announced "+plural(requests, "request")+
			", whose messages are taken over once this notifier runs: stop the plugin first (spec.adopt: Ignore leaves them)")
	}
}

// reviews says how reviewers decide, which depends on what the cluster can do.
func (s section) reviews(c accessrequest.Cluster) {
	if c.WebReviews && c.ProxyAddr != "" {
		s.passed("reviews", "messages link to "+c.ProxyAddr)
		return
	}
	s.passed("reviews", "messages name the commands to review with, this cluster has no reviews in the Web UI")
}

// duration writes a time to go in its largest units.
func duration(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d >= 2*day:
		return plural(int(d/day), "day")
	case d >= 2*time.Hour:
		return plural(int(d/time.Hour), "hour")
	default:
		return plural(int(d/time.Minute), "minute")
	}
}
