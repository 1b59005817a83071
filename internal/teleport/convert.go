package teleport

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gravitational/teleport/api/types"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

const (
	// maxItems bounds each list of a request, far above what is shown. Teleport
	// itself bounds none of them but by the size of the whole.
	maxItems = 500
	// maxText bounds each text of a request, in bytes. It is Teleport's own bound
	// for a reason.
	maxText = 4096
	// maxID bounds the id of a request, which is a UUID.
	maxID = 128
)

// errMalformed is the error of a request that no server should send.
var errMalformed = errors.New("the access request is malformed")

// convert returns our own view of a request, or an error that does not repeat
// anything of it. It survives whatever a server may send.
func convert(r *types.AccessRequestV3) (accessrequest.Request, error) {
	return protect(func() (accessrequest.Request, error) {
		if r == nil || !isID(r.Metadata.Name) {
			return accessrequest.Request{}, errMalformed
		}
		out := fromTeleport(r)
		switch out.State {
		case accessrequest.Pending, accessrequest.Approved, accessrequest.Denied, accessrequest.Promoted:
			return out, nil
		default:
			return accessrequest.Request{}, fmt.Errorf("%w: its state is none that is known", errMalformed)
		}
	})
}

// isID reports whether a text can be the id of a request. It stands in links, in
// commands to copy and in logs.
func isID(text string) bool {
	return text != "" && len(text) <= maxID && strings.IndexFunc(text, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-_.:", r)
	}) < 0
}

// reader reads the parts of a request and notes what it had to leave out.
type reader struct {
	incomplete bool
}

// fromTeleport returns our own view of a request.
func fromTeleport(r *types.AccessRequestV3) accessrequest.Request {
	var in reader
	spec := &r.Spec
	out := accessrequest.Request{
		ID:                 r.Metadata.Name,
		User:               in.text(spec.User),
		Roles:              in.texts(spec.Roles),
		Reason:             in.text(spec.RequestReason),
		SuggestedReviewers: in.texts(spec.SuggestedReviewers),
		Annotations:        lists(spec.SystemAnnotations),
		State:              accessrequest.State(spec.State.String()),
		ResolveReason:      in.text(spec.ResolveReason),
		Thresholds:         in.thresholds(spec.Thresholds),
		RoleThresholds:     in.roleThresholds(spec.RoleThresholdMapping),
		Reviews:            in.reviews(spec.Reviews),
		Created:            instant(spec.Created),
		Expires:            instant(r.Expiry()),
		AccessExpires:      instant(spec.Expires),
		MaxDuration:        instant(spec.MaxDuration),
		DryRun:             spec.DryRun,
	}
	if out.State == accessrequest.Promoted {
		out.PromotedTo = in.text(r.GetPromotedAccessListTitle())
	}
	if spec.AssumeStartTime != nil {
		out.AssumeStart = instant(*spec.AssumeStartTime)
	}
	newer := in.unknownOfSpec(spec.XXX_unrecognized)
	out.Kind = newer.kind
	out.Resources = in.resources(spec.RequestedResourceIDs, newer.resources)
	out.Incomplete = in.incomplete || len(r.XXX_unrecognized) > 0
	return out
}

// text returns a text, cut where it is too long and mended where it is not
// UTF-8.
func (in *reader) text(s string) string {
	if len(s) > maxText {
		in.incomplete = true
		s = cut(s, maxText)
	}
	if !utf8.ValidString(s) {
		in.incomplete = true
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	return strings.Clone(s) // else it would keep the whole message
}

// cut returns no more than n bytes of a text, in whole runes.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return strings.Clone(s[:n])
}

func (in *reader) texts(list []string) []string {
	var out []string
	for _, s := range bounded(in, list) {
		out = append(out, in.text(s))
	}
	return out
}

// lists returns lists by name, which are for rules to judge and not shown: what is left
// out of them is not missing in a message.
func lists(all map[string][]string) map[string][]string {
	if len(all) == 0 {
		return nil
	}
	in := &reader{}
	out := make(map[string][]string, min(len(all), maxItems))
	for _, name := range bounded(in, slices.Sorted(maps.Keys(all))) {
		out[in.text(name)] = in.texts(all[name])
	}
	return out
}

// bounded returns no more of a list than is kept.
func bounded[T any](in *reader, list []T) []T {
	if len(list) <= maxItems {
		return list
	}
	in.incomplete = true
	return list[:maxItems]
}

func (in *reader) thresholds(all []types.AccessReviewThreshold) []accessrequest.Threshold {
	var out []accessrequest.Threshold
	for _, t := range bounded(in, all) {
		in.noteUnknown(t.XXX_unrecognized)
		out = append(out, accessrequest.Threshold{Name: in.text(t.Name), Approve: t.Approve, Deny: t.Deny})
	}
	return out
}

func (in *reader) roleThresholds(all map[string]types.ThresholdIndexSets) map[string][][]uint32 {
	if len(all) == 0 {
		return nil
	}
	out := make(map[string][][]uint32, min(len(all), maxItems))
	for _, role := range bounded(in, slices.Sorted(maps.Keys(all))) {
		var sets [][]uint32
		for _, set := range bounded(in, all[role].Sets) {
			sets = append(sets, slices.Clone(bounded(in, set.Indexes)))
		}
		if sets != nil {
			out[in.text(role)] = sets
		}
	}
	return out
}

// reviews are in the order in which Teleport has them: each is added at the end. Their times are
// those of servers whose clocks may have been stepped, or differ: by them, a later review could
// come before one that recipients have heard of, which they would hear of again.
func (in *reader) reviews(all []types.AccessReview) []accessrequest.Review {
	var out []accessrequest.Review
	for _, review := range bounded(in, all) {
		out = append(out, accessrequest.Review{
			Author:      in.text(review.Author),
			SubmittedBy: in.unknownOfReview(review.XXX_unrecognized),
			State:       accessrequest.State(review.ProposedState.String()),
			Reason:      in.text(review.Reason),
			Created:     instant(review.Created),
			Thresholds:  slices.Clone(bounded(in, review.ThresholdIndexes)),
		})
	}
	return out
}

// resources returns the resources of an older field, and those of a newer one,
// which tells what they are limited to. One that is in both is returned once.
func (in *reader) resources(ids []types.ResourceID, newer []accessrequest.Resource) []accessrequest.Resource {
	var out []accessrequest.Resource
	at := map[accessrequest.Resource]int{}
	add := func(r accessrequest.Resource) {
		key := r.ID()
		i, known := at[key]
		switch {
		case !known && len(out) == maxItems:
			in.incomplete = true
		case !known:
			at[key] = len(out)
			out = append(out, r)
		default:
			out[i].Constraint = both(out[i].Constraint, r.Constraint)
		}
	}
	for _, id := range ids {
		in.noteUnknown(id.XXX_unrecognized)
		add(accessrequest.Resource{
			Cluster: in.text(id.ClusterName), Kind: in.text(id.Kind), Name: in.text(id.Name), SubResource: in.text(id.SubResourceName),
		})
	}
	for _, r := range newer {
		add(r)
	}
	return out
}

// both returns one constraint that names all that a and b do.
func both(a, b *accessrequest.Constraint) *accessrequest.Constraint {
	if a == nil || b == nil {
		return cmp.Or(a, b)
	}
	return &accessrequest.Constraint{
		RoleARNs: slices.Concat(a.RoleARNs, b.RoleARNs),
		Logins:   slices.Concat(a.Logins, b.Logins),
		Unknown:  a.Unknown || b.Unknown,
	}
}

// instant returns the zero time for what Teleport sends in place of none: the
// zero time or the start of the Unix epoch.
func instant(t time.Time) time.Time {
	if t.IsZero() || t.Unix() == 0 {
		return time.Time{}
	}
	return t.UTC()
}
