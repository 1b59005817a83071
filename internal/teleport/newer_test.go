package teleport

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gravitational/teleport/api/types"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

var raw, rawNumber = teleporttest.RawBytes, teleporttest.RawVarint

// rawID is a ResourceID on the wire.
func rawID(cluster, kind, name string) []byte {
	return raw(raw(raw(nil, 1, []byte(cluster)), 2, []byte(kind)), 3, []byte(name))
}

// rawResource is field 26 with one resource and the bytes of its constraints.
func rawResource(name string, constraints []byte) []byte {
	message := raw(nil, 1, rawID("lab", "app", name))
	if constraints != nil {
		message = raw(message, 2, constraints)
	}
	return raw(nil, 26, message)
}

func TestRequestsOfNewerServers(t *testing.T) {
	v1 := raw(nil, 1, []byte("v1"))
	app := func(name string, c *accessrequest.Constraint) accessrequest.Resource {
		return accessrequest.Resource{Cluster: "lab", Kind: "app", Name: name, Constraint: c}
	}
	unknown := &accessrequest.Constraint{Unknown: true}
	tests := map[string]struct {
		old        []string // names of apps in field 14
		raw        []byte
		want       []accessrequest.Resource
		kind       accessrequest.Kind
		incomplete bool
	}{
		"role ARNs": {
			raw:  rawResource("aws", raw(v1, 10, raw(raw(nil, 1, []byte("arn:1")), 1, []byte("arn:2")))),
			want: []accessrequest.Resource{app("aws", &accessrequest.Constraint{RoleARNs: []string{"arn:1", "arn:2"}})},
		},
		"logins by SSH": {
			raw:  rawResource("node", raw(v1, 11, raw(nil, 1, []byte("root")))),
			want: []accessrequest.Resource{app("node", &accessrequest.Constraint{Logins: []string{"root"}})},
		},
		"logins of a desktop": {
			raw:  rawResource("pc", raw(v1, 13, raw(nil, 1, []byte("Administrator")))),
			want: []accessrequest.Resource{app("pc", &accessrequest.Constraint{Logins: []string{"Administrator"}})},
		},
		"in both fields": {
			old:  []string{"plain", "aws"},
			raw:  rawResource("aws", raw(v1, 10, raw(nil, 1, []byte("arn:1")))),
			want: []accessrequest.Resource{app("plain", nil), app("aws", &accessrequest.Constraint{RoleARNs: []string{"arn:1"}})},
		},
		"a kind of constraint that is reserved": {
			raw: rawResource("db", raw(v1, 12, []byte("x"))), want: []accessrequest.Resource{app("db", unknown)},
		},
		"a kind of constraint that is not known yet": {
			raw: rawResource("db", raw(v1, 14, nil)), want: []accessrequest.Resource{app("db", unknown)},
		},
		"a known and an unknown limit": {
			raw:  rawResource("aws", raw(raw(v1, 10, raw(nil, 1, []byte("arn:1"))), 99, nil)),
			want: []accessrequest.Resource{app("aws", &accessrequest.Constraint{RoleARNs: []string{"arn:1"}, Unknown: true})},
		},
		"more within a known limit": {
			raw:  rawResource("aws", raw(v1, 10, raw(raw(nil, 1, []byte("arn:1")), 2, nil))),
			want: []accessrequest.Resource{app("aws", &accessrequest.Constraint{RoleARNs: []string{"arn:1"}, Unknown: true})},
		},
		"a later version of constraints": {
			raw:  rawResource("aws", raw(raw(nil, 1, []byte("v2")), 10, raw(nil, 1, []byte("arn:1")))),
			want: []accessrequest.Resource{app("aws", &accessrequest.Constraint{RoleARNs: []string{"arn:1"}, Unknown: true})},
		},
		"constraints that say nothing": {
			raw: rawResource("aws", v1), want: []accessrequest.Resource{app("aws", unknown)},
		},
		"constraints that cannot be read": {
			raw: rawResource("aws", []byte{0xff}), want: []accessrequest.Resource{app("aws", unknown)},
		},
		"no constraints": {raw: rawResource("aws", nil), want: []accessrequest.Resource{app("aws", nil)}},
		"one that cannot be read beside one that can": {
			raw:  append(raw(nil, 26, []byte{0xff}), rawResource("aws", nil)...),
			want: []accessrequest.Resource{app("aws", nil)}, incomplete: true,
		},
		"a resource without a name": {raw: raw(nil, 26, raw(nil, 2, v1)), incomplete: true},
		"a resource with more":      {raw: raw(nil, 26, raw(raw(nil, 1, rawID("lab", "app", "x")), 3, nil)), want: []accessrequest.Resource{app("x", nil)}, incomplete: true},
		"an id with more":           {raw: raw(nil, 26, raw(nil, 1, raw(rawID("lab", "app", "x"), 5, nil))), want: []accessrequest.Resource{app("x", nil)}, incomplete: true},
		"field 26 of another type":  {raw: rawNumber(nil, 26, 1), incomplete: true},

		"temporary in 23":            {raw: rawNumber(nil, 23, 1), kind: accessrequest.Temporary},
		"permanent in 24":            {raw: rawNumber(nil, 24, 2), kind: accessrequest.Permanent},
		"undefined":                  {raw: rawNumber(nil, 24, 0)},
		"a value that is no kind":    {raw: rawNumber(nil, 24, 3)},
		"one fits and one does not":  {raw: rawNumber(rawNumber(nil, 23, 77), 24, 2), kind: accessrequest.Permanent},
		"one is of another type":     {raw: rawNumber(raw(nil, 23, []byte("x")), 24, 1), kind: accessrequest.Temporary},
		"both fit and differ":        {raw: rawNumber(rawNumber(nil, 23, 1), 24, 2)},
		"both fit and agree":         {raw: rawNumber(rawNumber(nil, 23, 2), 24, 2), kind: accessrequest.Permanent},
		"a grouping is not shown":    {raw: raw(nil, 25, []byte("group"))},
		"any other field":            {raw: raw(nil, 27, []byte("x")), incomplete: true},
		"bytes that are no message":  {raw: []byte{0xff, 0xff}, incomplete: true},
		"a field that is cut short":  {raw: raw(nil, 26, []byte("long"))[:4], incomplete: true},
		"a reserved field (19)":      {raw: raw(nil, 19, []byte("title")), incomplete: true},
		"text that is not UTF-8":     {raw: rawResource("\xff", nil), want: []accessrequest.Resource{app("\uFFFD", nil)}, incomplete: true},
		"a group of the old wire":    {raw: []byte{0xdb, 0x01, 0xdc, 0x01}, incomplete: true},
		"a group that does not end":  {raw: []byte{0xdb, 0x01}, incomplete: true},
		"fixed numbers are unknown":  {raw: []byte{0xe1, 0x01, 1, 2, 3, 4, 5, 6, 7, 8}, incomplete: true},
		"nothing beyond the module":  {},
		"the old field alone is old": {old: []string{"x"}, want: []accessrequest.Resource{app("x", nil)}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := fakeRequest("id", types.RequestState_PENDING)
			for _, name := range tt.old {
				r.Spec.RequestedResourceIDs = append(r.Spec.RequestedResourceIDs, types.ResourceID{ClusterName: "lab", Kind: "app", Name: name})
			}
			r.Spec.XXX_unrecognized = tt.raw
			got, err := convert(r)
			must(t, err)
			if diff := cmp.Diff(tt.want, got.Resources); diff != "" {
				t.Errorf("resources -want +got\n%s", diff)
			}
			if got.Kind != tt.kind || got.Incomplete != tt.incomplete {
				t.Errorf("kind %q, incomplete %v, want %q, %v", got.Kind, got.Incomplete, tt.kind, tt.incomplete)
			}
		})
	}
}

func TestReviewsOfNewerServers(t *testing.T) {
	tests := map[string]struct {
		raw        []byte
		want       string
		incomplete bool
	}{
		"through a plugin": {raw(nil, 11, []byte("bot-slack")), "bot-slack", false},
		"more than that":   {raw(raw(nil, 11, []byte("bot-slack")), 12, nil), "bot-slack", true},
		"with the flag":    {rawNumber(raw(nil, 11, []byte("bot-slack")), 12, 1), "bot-slack", false},
		"another type":     {rawNumber(nil, 11, 1), "", true},
		"no message":       {[]byte{0xff}, "", true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := fakeRequest("id", types.RequestState_APPROVED)
			r.Spec.Reviews = []types.AccessReview{{Author: "alice", ProposedState: types.RequestState_APPROVED, XXX_unrecognized: tt.raw}}
			got, err := convert(r)
			must(t, err)
			if got.Reviews[0].SubmittedBy != tt.want || got.Incomplete != tt.incomplete {
				t.Errorf("submitted by %q, incomplete %v", got.Reviews[0].SubmittedBy, got.Incomplete)
			}
		})
	}
}

// Wherever a message has fields that are not known, the request says so.
func TestUnknownFieldsAnywhereAreNoted(t *testing.T) {
	unknown := raw(nil, 99, []byte("x"))
	for name, change := range map[string]func(*types.AccessRequestV3){
		"request": func(r *types.AccessRequestV3) { r.XXX_unrecognized = unknown },
		"spec":    func(r *types.AccessRequestV3) { r.Spec.XXX_unrecognized = unknown },
		"resource": func(r *types.AccessRequestV3) {
			r.Spec.RequestedResourceIDs = []types.ResourceID{{Name: "x", XXX_unrecognized: unknown}}
		},
		"threshold": func(r *types.AccessRequestV3) {
			r.Spec.Thresholds = []types.AccessReviewThreshold{{XXX_unrecognized: unknown}}
		},
		"review": func(r *types.AccessRequestV3) { r.Spec.Reviews = []types.AccessReview{{XXX_unrecognized: unknown}} },
	} {
		r := fakeRequest("id", types.RequestState_PENDING)
		change(r)
		if got, err := convert(r); err != nil || !got.Incomplete {
			t.Errorf("%s: incomplete %v, %v", name, got.Incomplete, err)
		}
	}
}

func TestConversionIsBounded(t *testing.T) {
	many := make([]string, 30_000)
	for i := range many {
		many[i] = fmt.Sprintf("reviewer-%d@example.com", i)
	}
	r := fakeRequest("id", types.RequestState_PENDING)
	r.Spec.SuggestedReviewers, r.Spec.Roles = many, many
	r.Spec.RequestReason = strings.Repeat("é", maxText)
	r.Spec.SystemAnnotations = map[string][]string{}
	for i, text := range many {
		r.Spec.RequestedResourceIDs = append(r.Spec.RequestedResourceIDs, types.ResourceID{Name: text})
		r.Spec.SystemAnnotations[text] = many[:i%3]
		r.Spec.Reviews = append(r.Spec.Reviews, types.AccessReview{Author: text})
	}
	got, err := convert(r)
	must(t, err)
	for name, n := range map[string]int{
		"reviewers": len(got.SuggestedReviewers), "roles": len(got.Roles), "resources": len(got.Resources),
		"reviews": len(got.Reviews),
	} {
		if n != maxItems {
			t.Errorf("%d %s, want %d", n, name, maxItems)
		}
	}
	if len(got.Reason) != maxText || !got.Incomplete {
		t.Errorf("%d bytes of reason, incomplete %v", len(got.Reason), got.Incomplete)
	}
	r.Spec.XXX_unrecognized = []byte(strings.Repeat(string(rawResource("x", nil)), 1000))
	if got, err = convert(r); err != nil || len(got.Resources) != maxItems {
		t.Errorf("%d resources, %v", len(got.Resources), err)
	}
}

func TestMalformedRequestsAreErrors(t *testing.T) {
	for name, change := range map[string]func(*types.AccessRequestV3){
		"no id":             func(r *types.AccessRequestV3) { r.Metadata.Name = "" },
		"an id with spaces": func(r *types.AccessRequestV3) { r.Metadata.Name = "a b" },
		"an id with markup": func(r *types.AccessRequestV3) { r.Metadata.Name = "<!channel>" },
		"an endless id":     func(r *types.AccessRequestV3) { r.Metadata.Name = strings.Repeat("a", maxID+1) },
		"no state":          func(r *types.AccessRequestV3) { r.Spec.State = types.RequestState_NONE },
		"an unknown state":  func(r *types.AccessRequestV3) { r.Spec.State = 77 },
		"a negative state":  func(r *types.AccessRequestV3) { r.Spec.State = -1 },
	} {
		r := fakeRequest("id", types.RequestState_PENDING)
		change(r)
		if got, err := convert(r); err == nil {
			t.Errorf("%s: read as %+v", name, got)
		} else if strings.Contains(err.Error(), "channel") {
			t.Errorf("%s: %v repeats the id", name, err)
		}
	}
	if _, err := convert(nil); err == nil {
		t.Error("nothing is read as a request")
	}
}

// Whatever bytes the fields of newer servers are, reading them ends.
func FuzzNewerFields(f *testing.F) {
	f.Add(rawResource("x", raw(nil, 10, raw(nil, 1, []byte("arn")))))
	f.Add([]byte{0xff, 0x01})
	f.Fuzz(func(t *testing.T, b []byte) {
		r := fakeRequest("id", types.RequestState_PENDING)
		r.Spec.XXX_unrecognized = b
		r.Spec.Reviews = []types.AccessReview{{XXX_unrecognized: b}}
		if _, err := convert(r); err != nil {
			t.Error(err)
		}
	})
}

func TestMirrorOfANewerServer(t *testing.T) {
	srv := teleporttest.ForTest(t, teleporttest.Options{Version: "18.7.3", AdvancedAccessWorkflows: true})
	s, heard := connectSession(t, srv, issue(t, srv, teleporttest.IdentityOptions{}))
	await(t, heard, "synced", s.Synced)
	id := create(t, srv, teleporttest.RequestSpec{
		Kind: accessrequest.Permanent,
		Resources: []accessrequest.Resource{
			{Cluster: "lab", Kind: "node", Name: "plain"},
			{Cluster: "lab", Kind: "app", Name: "aws", Constraint: &accessrequest.Constraint{RoleARNs: []string{"arn:aws:iam::1:role/x"}}},
			{Cluster: "lab", Kind: "node", Name: "web", Constraint: &accessrequest.Constraint{Logins: []string{"root"}}},
		},
	})
	await(t, heard, "the request shows", func() bool { _, p := s.Get(id); return p == accessrequest.Present })
	must(t, srv.ReviewThrough(id, "bot-slack", "bob", accessrequest.Denied, "no"))
	await(t, heard, "the denial shows", func() bool { r, _ := s.Get(id); return r.State == accessrequest.Denied })
	want, _ := srv.Request(id)
	got, _ := s.Get(id)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-server +mirror\n%s", diff)
	}
	if got.Reviews[0].SubmittedBy != "bot-slack" || len(got.Resources) != 3 || got.Kind != accessrequest.Permanent {
		t.Errorf("got %+v", got)
	}
}
