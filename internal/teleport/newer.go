package teleport

import (
	"errors"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// Fields that newer servers send and the API module does not know. It keeps them
// as bytes.
const (
	// Fields of AccessRequestSpecV3. Which of the first two is the kind is not
	// settled; the third groups resources for the web interface.
	fieldKind, fieldOtherKind protowire.Number = 23, 24
	fieldGrouping             protowire.Number = 25
	fieldResources            protowire.Number = 26

	// Fields of ResourceAccessID, of ResourceID and of ResourceConstraints.
	fieldResourceID  protowire.Number = 1
	fieldConstraints protowire.Number = 2
	fieldCluster     protowire.Number = 1
	fieldKindOfID    protowire.Number = 2
	fieldName        protowire.Number = 3
	fieldSubResource protowire.Number = 4
	fieldVersion     protowire.Number = 1
	fieldAWSConsole  protowire.Number = 10
	fieldSSH         protowire.Number = 11
	fieldDesktop     protowire.Number = 13
	// fieldAllowed is the list in each of the last three.
	fieldAllowed protowire.Number = 1

	// Fields of AccessReview. The first is from the design document of reviews by plugins
	// (Teleport RFD 250). The second, a flag that asks for such a review, is named in the
	// change that carried it out (gravitational/teleport#66230); its number is the next one
	// that was free then, and was not confirmed by a server.
	fieldSubmittedBy protowire.Number = 11
	fieldForUser     protowire.Number = 12
)

// constraintsVersion is the only version of constraints so far.
const constraintsVersion = "v1"

var errWire = errors.New("bytes that are no message")

// newerSpec is what a newer server's request says beyond the API module.
type newerSpec struct {
	kind      accessrequest.Kind
	resources []accessrequest.Resource
}

// field is one field on the wire.
type field struct {
	number protowire.Number
	kind   protowire.Type
	varint uint64
	bytes  []byte
}

// eachField calls do with each field of a message until do returns an error.
func eachField(message []byte, do func(field) error) error {
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return errWire
		}
		message = message[n:]
		f := field{number: number, kind: kind}
		switch kind {
		case protowire.VarintType:
			f.varint, n = protowire.ConsumeVarint(message)
		case protowire.BytesType:
			f.bytes, n = protowire.ConsumeBytes(message)
		default:
			n = protowire.ConsumeFieldValue(number, kind, message)
		}
		if n < 0 {
			return errWire
		}
		message = message[n:]
		if err := do(f); err != nil {
			return err
		}
	}
	return nil
}

// noteUnknown notes that a message has fields that are not known.
func (in *reader) noteUnknown(unknown []byte) {
	if len(unknown) > 0 {
		in.incomplete = true
	}
}

// unknownOfSpec reads what the API module has left of AccessRequestSpecV3.
func (in *reader) unknownOfSpec(unknown []byte) newerSpec {
	var out newerSpec
	var kinds []accessrequest.Kind
	err := eachField(unknown, func(f field) error {
		switch f.number {
		case fieldKind, fieldOtherKind:
			if kind, fits := readKind(f); fits {
				kinds = append(kinds, kind)
			}
		case fieldGrouping:
		case fieldResources:
			if len(out.resources) == maxItems {
				in.incomplete = true
				return nil
			}
			if resource, ok := in.resource(f); ok {
				out.resources = append(out.resources, resource)
			}
		default:
			in.incomplete = true
		}
		return nil
	})
	if err != nil {
		in.incomplete = true
	}
	if kinds = slices.Compact(kinds); len(kinds) == 1 {
		out.kind = kinds[0]
	}
	return out
}

// readKind returns false for a field that cannot be the kind of a request, or
// that leaves it open.
func readKind(f field) (accessrequest.Kind, bool) {
	switch {
	case f.kind != protowire.VarintType:
		return "", false
	case f.varint == 1:
		return accessrequest.Temporary, true
	case f.varint == 2:
		return accessrequest.Permanent, true
	default:
		return "", false
	}
}

// resource reads a ResourceAccessID, and reports whether it names a resource.
// What else it holds and cannot be read may be a limit.
func (in *reader) resource(f field) (accessrequest.Resource, bool) {
	var out accessrequest.Resource
	err := errWire
	if f.kind == protowire.BytesType {
		err = eachField(f.bytes, func(f field) error {
			switch {
			case f.number == fieldResourceID && f.kind == protowire.BytesType:
				return in.resourceID(f.bytes, &out)
			case f.number == fieldConstraints && f.kind == protowire.BytesType:
				out.Constraint = both(out.Constraint, in.constraint(f.bytes))
			default:
				in.incomplete = true
			}
			return nil
		})
	}
	if err != nil || out.Name == "" {
		in.incomplete = true
	}
	if err != nil {
		out.Constraint = both(out.Constraint, &accessrequest.Constraint{Unknown: true})
	}
	return out, out.Name != ""
}

func (in *reader) resourceID(message []byte, out *accessrequest.Resource) error {
	parts := map[protowire.Number]*string{
		fieldCluster: &out.Cluster, fieldKindOfID: &out.Kind, fieldName: &out.Name, fieldSubResource: &out.SubResource,
	}
	return eachField(message, func(f field) error {
		part := parts[f.number]
		if part == nil || f.kind != protowire.BytesType {
			in.incomplete = true
			return nil
		}
		*part = in.text(string(f.bytes))
		return nil
	})
}

// constraint reads ResourceConstraints. What it cannot read is a limit, too.
func (in *reader) constraint(message []byte) *accessrequest.Constraint {
	out := &accessrequest.Constraint{}
	err := eachField(message, func(f field) error {
		switch {
		case f.kind != protowire.BytesType:
			out.Unknown = true
		case f.number == fieldVersion:
			out.Unknown = out.Unknown || string(f.bytes) != constraintsVersion
		case f.number == fieldAWSConsole:
			in.allowed(f.bytes, &out.RoleARNs, out)
		case f.number == fieldSSH, f.number == fieldDesktop:
			in.allowed(f.bytes, &out.Logins, out)
		default:
			out.Unknown = true
		}
		return nil
	})
	if err != nil || len(out.RoleARNs) == 0 && len(out.Logins) == 0 {
		out.Unknown = true
	}
	return out
}

// allowed reads the list of what a constraint allows.
func (in *reader) allowed(message []byte, list *[]string, out *accessrequest.Constraint) {
	err := eachField(message, func(f field) error {
		switch {
		case f.number != fieldAllowed || f.kind != protowire.BytesType:
			out.Unknown = true
		case len(*list) == maxItems:
			in.incomplete = true
		default:
			*list = append(*list, in.text(string(f.bytes)))
		}
		return nil
	})
	if err != nil {
		out.Unknown = true
	}
}

// unknownOfReview returns who submitted a review in the author's name, "" if
// that is not told.
func (in *reader) unknownOfReview(unknown []byte) string {
	submittedBy := ""
	err := eachField(unknown, func(f field) error {
		switch {
		case f.number == fieldSubmittedBy && f.kind == protowire.BytesType:
			submittedBy = in.text(string(f.bytes))
		case f.number == fieldForUser && f.kind == protowire.VarintType:
			// It says no more than the one before.
		default:
			in.incomplete = true
		}
		return nil
	})
	if err != nil {
		in.incomplete = true
	}
	return submittedBy
}

// forUser returns the fields of a review that a plugin submits in its author's name.
func forUser(submittedBy string) []byte {
	fields := protowire.AppendTag(nil, fieldSubmittedBy, protowire.BytesType)
	fields = protowire.AppendString(fields, submittedBy)
	fields = protowire.AppendTag(fields, fieldForUser, protowire.VarintType)
	return protowire.AppendVarint(fields, protowire.EncodeBool(true))
}
