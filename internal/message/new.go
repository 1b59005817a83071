package message

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// New describes a request to a reader, in English. The result depends on the arguments
// only, never on the time of the call, so that its digest changes exactly when
// the request does. Every fact may be missing: a request that has already gone
// is described from the little that was recorded of it.
func New(r accessrequest.Request, c accessrequest.Cluster) Message {
	return Wording{Language: English}.describe(r, c, nil)
}

func (w Wording) describe(r accessrequest.Request, c accessrequest.Cluster, extras []Extra) Message {
	l := w.Language
	reviews := l.reviews(r.Reviews)
	m := Message{
		Language:     l,
		RequestID:    CleanLine(r.ID),
		Title:        l.title(r),
		State:        r.State,
		Status:       l.status(r, c),
		StatusReason: statusReason(r, reviews),
		Fields:       w.fields(r, c, extras),
		Reviews:      reviews,
		Subject:      w.subject(r),
	}
	if isOver(r.State) {
		return m
	}
	m.URL = w.url(c, r.ID)
	if webURL(c, r.ID) == "" && r.State == accessrequest.Pending {
		m.Commands = commands(c, r.ID)
	}
	return m
}

// isOver is true once Teleport no longer has the request: there is nothing to
// open, and nothing to decide.
func isOver(state accessrequest.State) bool {
	return state == accessrequest.Expired || state == accessrequest.Removed || state == accessrequest.Gone
}

func (l Language) title(r accessrequest.Request) string {
	switch {
	case len(r.Resources) > 0:
		return l.Say(titleResources)
	case len(r.Roles) > 0:
		return l.Say(titleRoles)
	default:
		return l.Say(NoTitle)
	}
}

// status says where the request stands, in our own words only.
func (l Language) status(r accessrequest.Request, c accessrequest.Cluster) string {
	if r.State == accessrequest.Pending && hasReviews(r, c) {
		if p, ok := r.Progress(); ok {
			return l.Say(statusProgress, p.Needed, p.Approvals)
		}
	}
	if words, ok := statuses[r.State]; ok {
		return l.Say(words)
	}
	return l.Say(NoStatus)
}

// hasReviews is false where one decision suffices: a cluster without reviews has
// thresholds all the same, but counts no approvals.
func hasReviews(r accessrequest.Request, c accessrequest.Cluster) bool {
	return c.WebReviews || len(r.Reviews) > 0
}

// statusReason is the reason of the final state, unless the review that decided
// says the same already.
func statusReason(r accessrequest.Request, reviews []Review) string {
	reason := CleanText(r.ResolveReason)
	if !r.State.Resolved() {
		return ""
	}
	said := slices.ContainsFunc(reviews, func(v Review) bool {
		return v.State == r.State && v.Reason == reason
	})
	if said {
		return ""
	}
	return reason
}

func (w Wording) fields(r accessrequest.Request, c accessrequest.Cluster, extras []Extra) []Field {
	facts := facts{Wording: w}
	facts.text(LabelUser, CleanLine(r.User))
	facts.items(labelRoles, r.Roles, r.Logins)
	facts.resources(r.Resources)
	if r.Incomplete && r.State == accessrequest.Pending {
		facts.own(labelIncomplete, w.Language.Say(incompletePendingWords), true)
	} else if r.Incomplete {
		facts.own(labelIncomplete, w.Language.Say(incompleteWords), true)
	}
	facts.longText(labelReason, CleanText(r.Reason))
	facts.text(labelCluster, CleanLine(c.Name))
	facts.extras(extras)
	facts.items(labelReviewers, r.SuggestedReviewers, nil)
	facts.access(r)
	if r.State == accessrequest.Pending {
		facts.time(labelExpires, r.Expires)
	}
	if r.State == accessrequest.Promoted {
		facts.text(labelList, CleanLine(r.PromotedTo))
	}
	return facts.known
}

// facts collects the facts that are known.
type facts struct {
	Wording
	known []Field
}

// add adds a fact under one of our labels.
func (l *facts) add(label string, f Field) {
	f.Name, f.Label = names[label], l.Language.Say(label)
	l.known = append(l.known, f)
}

func (l *facts) text(label, text string) {
	if text != "" {
		l.add(label, Field{Text: text})
	}
}

func (l *facts) longText(label, text string) {
	if text != "" {
		l.add(label, Field{Text: text, Long: true})
	}
}

// own adds a fact in our own words.
func (l *facts) own(label, words string, long bool) {
	l.add(label, Field{Text: words, Own: true, Long: long})
}

// maxListed bounds what is kept of a list, which a requester may make as long as
// Teleport's limit for a request. The rest is counted and not looked at.
const maxListed = 50

// items adds a list, with the logins that each item allows.
func (l *facts) items(label string, items []string, logins map[string][]string) {
	kept := items[:min(len(items), maxListed)]
	field := Field{More: len(items) - len(kept)}
	for _, item := range kept {
		if line := CleanLine(item); line != "" {
			field.Items = append(field.Items, Item{Text: line, Limits: l.Language.allowing(logins[item])})
		}
	}
	if len(field.Items) > 0 {
		l.add(label, field)
	}
}

// allowing says which logins a role allows. Those that it takes from traits of the user are
// written as templates, and told only beside others.
func (l Language) allowing(logins []string) (said []Limit) {
	isTemplate := func(login string) bool { return strings.Contains(login, "{{") }
	lines, more := listed(slices.DeleteFunc(slices.Clone(logins), isTemplate))
	if len(lines) == 0 {
		return nil
	}
	words := withLogins
	if len(lines)+more == 1 {
		words = withLogin
	}
	said = append(said, Limit{Words: l.Say(words), Values: lines, More: more})
	if slices.ContainsFunc(logins, isTemplate) {
		said = append(said, Limit{Words: l.Say(traitLogins)})
	}
	return said
}

// listed cleans the first items, drops those of which nothing is left, and
// counts the rest.
func listed(items []string) (lines []string, more int) {
	kept := items[:min(len(items), maxListed)]
	return cleanLines(kept), len(items) - len(kept)
}

func (l *facts) resources(resources []accessrequest.Resource) {
	kept := resources[:min(len(resources), maxListed)]
	field := Field{More: len(resources) - len(kept), Long: true}
	for _, resource := range kept {
		item := Item{Text: CleanLine(resource.String()), Limits: l.Language.limits(resource.Constraint)}
		if title := CleanLine(resource.Title); title != "" {
			item.Limits = append([]Limit{{Words: l.Language.Say(idWords), Values: []string{item.Text}}}, item.Limits...)
			item.Text = title
		}
		field.Items = append(field.Items, item)
	}
	if len(kept) > 0 {
		l.add(labelResources, field)
	}
}

// limits says what a resource is limited to. A limit of which nothing is known
// is one all the same.
func (l Language) limits(c *accessrequest.Constraint) []Limit {
	if c == nil {
		return nil
	}
	var all []Limit
	add := func(one, several string, values []string) {
		lines, more := listed(values)
		if len(lines)+more == 1 {
			several = one
		}
		if len(lines) > 0 {
			all = append(all, Limit{Words: l.Say(several), Values: lines, More: more})
		}
	}
	add(limitRole, limitRoles, c.RoleARNs)
	add(limitLogin, limitLogins, c.Logins)
	if c.Unknown || len(all) == 0 {
		all = append(all, Limit{Words: l.Say(limitUnknown)})
	}
	return all
}

func (l *facts) time(label string, t time.Time) {
	if known(t) {
		l.add(label, Field{Time: l.local(t).Truncate(time.Second)})
	}
}

// access tells whether the access ends, how long it lasts, counted from when it
// can first be used, and where that still matters from when and until when.
func (l *facts) access(r accessrequest.Request) {
	if words, ok := kinds[r.Kind]; ok {
		l.own(labelKind, l.Language.Say(words), false)
	}
	start, end := r.Created, r.AccessExpires
	if !known(end) {
		end = r.MaxDuration
	}
	delayed := known(r.AssumeStart) && r.AssumeStart.After(r.Created)
	if delayed {
		start = r.AssumeStart
	}
	// Permanent access has no end, whatever times the request names besides, and
	// what was not granted does not last.
	permanent := r.Kind == accessrequest.Permanent
	refused := r.State == accessrequest.Denied || isOver(r.State)
	if known(start) && end.After(start) && !permanent && !refused {
		l.own(labelDuration, l.Language.spell(end.Sub(start)), false)
	}
	if r.State != accessrequest.Pending && r.State != accessrequest.Approved {
		return
	}
	if delayed {
		l.time(labelStarts, r.AssumeStart)
	}
	if !permanent {
		l.time(labelEnds, end)
	}
}

// known is false for the two ways in which a time can be missing: Go's zero
// time, and the zero of protocol buffers.
func known(t time.Time) bool {
	return !t.IsZero() && t.Unix() != 0
}

func (l Language) reviews(reviews []accessrequest.Review) []Review {
	var result []Review
	for _, r := range reviews {
		result = append(result, Review{
			Key:    reviewKey(r),
			Author: CleanLine(r.Author), SubmittedBy: submittedBy(r),
			State:  r.State,
			Reason: CleanText(r.Reason),
			Time:   r.Created.UTC(), Language: l,
		})
	}
	return result
}

// submittedBy is who reviewed in the author's name, if that is another user.
func submittedBy(r accessrequest.Review) string {
	if r.SubmittedBy == r.Author {
		return ""
	}
	return CleanLine(r.SubmittedBy)
}

// reviewKey identifies a review by what cannot change about it. Reviews have no
// id in Teleport, and their order is not promised.
func reviewKey(r accessrequest.Review) string {
	// Strings and a time always encode.
	encoded, err := json.Marshal([]string{
		r.Author, string(r.State), r.Created.UTC().Format(time.RFC3339Nano),
	})
	if err != nil {
		panic("review cannot be encoded: " + err.Error())
	}
	sum := sha256.Sum256(encoded)
	return hex.EncodeToString(sum[:8])
}
