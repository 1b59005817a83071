package teleporttest

import (
	"slices"

	"github.com/gravitational/teleport/api/types"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// Fields that servers since about 18.7.3 send and the API module does not know,
// from Teleport's protocol definitions. Which of 23 and 24 is the kind is not
// settled.
const (
	FieldKind      = 23
	FieldOtherKind = 24
	fieldResources = 26
)

// constrained returns the raw field for a resource with its constraint.
func constrained(r accessrequest.Resource) []byte {
	id := rawText(nil, 1, r.Cluster)
	id = rawText(id, 2, r.Kind)
	id = rawText(id, 3, r.Name)
	if r.SubResource != "" {
		id = rawText(id, 4, r.SubResource)
	}
	limits := rawText(nil, 1, "v1")
	if c := r.Constraint; c.Unknown {
		limits = RawBytes(limits, 99, nil)
	} else {
		if len(c.RoleARNs) > 0 {
			limits = RawBytes(limits, 10, rawTexts(c.RoleARNs))
		}
		if len(c.Logins) > 0 {
			limits = RawBytes(limits, 11, rawTexts(c.Logins))
		}
	}
	return RawBytes(nil, fieldResources, RawBytes(RawBytes(nil, 1, id), 2, limits))
}

func rawTexts(texts []string) []byte {
	var out []byte
	for _, text := range texts {
		out = rawText(out, 1, text)
	}
	return out
}

func rawText(b []byte, number protowire.Number, text string) []byte {
	return RawBytes(b, number, []byte(text))
}

// RawBytes appends a field of bytes, as texts and messages are, to a message on
// the wire.
func RawBytes(b []byte, number protowire.Number, value []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, number, protowire.BytesType), value)
}

// RawVarint appends a field with a number to a message on the wire.
func RawVarint(b []byte, number protowire.Number, value uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, number, protowire.VarintType), value)
}

// raw returns the fields of a request that the API module does not know.
func (r RequestSpec) raw() []byte {
	var out []byte
	for _, resource := range r.Resources {
		if resource.Constraint != nil {
			out = append(out, constrained(resource)...)
		}
	}
	if value := map[accessrequest.Kind]uint64{accessrequest.Temporary: 1, accessrequest.Permanent: 2}[r.Kind]; value != 0 {
		field := protowire.Number(FieldOtherKind)
		if r.KindField != 0 {
			field = protowire.Number(r.KindField)
		}
		out = RawVarint(out, field, value)
	}
	return append(out, r.Raw...)
}

// newer is what the server remembers of a request beyond what the API module
// knows, to tell it again in [Server.Request].
type newer struct {
	kind      accessrequest.Kind
	resources []accessrequest.Resource
}

// ReviewThrough is [Server.Review] by a plugin that reviews in the author's name.
func (s *Server) ReviewThrough(id, plugin, author string, state accessrequest.State, reason string) error {
	proposed, err := parseState(state)
	if err != nil {
		return err
	}
	_, err = s.review(id, types.AccessReview{
		Author: author, ProposedState: proposed, Reason: reason, XXX_unrecognized: rawText(nil, FieldSubmittedBy, plugin),
	})
	return err
}

// addNewer fills in what the server remembers beside the message. The caller
// holds s.mu.
func (s *Server) addNewer(out accessrequest.Request) accessrequest.Request {
	extra := s.newer[out.ID]
	out.Kind = extra.kind
	out.Resources = append(out.Resources, extra.resources...)
	return out
}

func (r RequestSpec) newer() newer {
	return newer{kind: r.Kind, resources: slices.DeleteFunc(slices.Clone(r.Resources), func(res accessrequest.Resource) bool {
		return res.Constraint == nil
	})}
}
