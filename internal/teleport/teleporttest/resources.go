package teleporttest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/gravitational/teleport/api/types"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// Resource is what "tctl create" makes of a document in YAML.
type Resource struct {
	Kind, Name string
	// Permissions are what a role allows.
	Permissions Permissions
}

// ReadResources reads what "tctl create" is given. It refuses fields that the API does
// not know, and what its own checks refuse.
func ReadResources(content string) ([]Resource, error) {
	var resources []Resource
	for document := range strings.SplitSeq(content, "\n---\n") {
		r, err := readResource([]byte(document))
		if err != nil {
			return nil, fmt.Errorf("%w in\n%s", err, document)
		}
		resources = append(resources, r)
	}
	return resources, nil
}

func readResource(document []byte) (Resource, error) {
	raw, err := yaml.YAMLToJSONStrict(document)
	if err != nil {
		return Resource{}, err
	}
	var header types.ResourceHeader
	if err := json.Unmarshal(raw, &header); err != nil {
		return Resource{}, err
	}
	r := Resource{Kind: header.Kind, Name: header.Metadata.Name}
	switch header.Kind {
	case types.KindRole:
		raw, submitFor, err := takeSubmitFor(raw)
		if err != nil {
			return r, err
		}
		role := &types.RoleV6{}
		if err := decode(raw, role); err != nil {
			return r, err
		}
		r.Permissions = allowedBy(role).With(SubmitForUsers, submitFor...)
		return r, nil
	case types.KindUser:
		return r, decode(raw, &types.UserV2{})
	case types.KindToken:
		return r, decode(raw, &types.ProvisionTokenV2{})
	default:
		return r, fmt.Errorf("kind %q is not among those that are read", header.Kind)
	}
}

// takeSubmitFor takes review_requests.submit_for_users out of a role, a field that the API
// module does not know.
func takeSubmitFor(raw []byte) (rest []byte, users []string, err error) {
	role := map[string]any{}
	if err := json.Unmarshal(raw, &role); err != nil {
		return nil, nil, err
	}
	at := []string{"spec", "allow", "review_requests", SubmitForUsers}
	users, _, err = unstructured.NestedStringSlice(role, at...)
	if err != nil {
		return nil, nil, err
	}
	unstructured.RemoveNestedField(role, at...)
	rest, err = json.Marshal(role)
	return rest, users, err
}

func decode(raw []byte, into interface{ CheckAndSetDefaults() error }) error {
	strict := json.NewDecoder(bytes.NewReader(raw))
	strict.DisallowUnknownFields()
	if err := strict.Decode(into); err != nil {
		return err
	}
	return into.CheckAndSetDefaults()
}

// allowedBy returns what a role allows on resources, and whether its users may review.
func allowedBy(role *types.RoleV6) Permissions {
	allowed := Permissions{}
	for _, rule := range role.Spec.Allow.Rules {
		for _, kind := range rule.Resources {
			allowed[kind] = append(allowed[kind], rule.Verbs...)
		}
	}
	reviews := role.Spec.Allow.ReviewRequests
	if reviews != nil && len(reviews.Roles) > 0 {
		allowed[types.KindAccessRequest] = append(allowed[types.KindAccessRequest], verbReview)
	}
	if reviews != nil && len(reviews.PreviewAsRoles) > 0 {
		// Of the roles that are named here, the simulator knows the preset one.
		allowed = allowed.with(preview())
	}
	return allowed
}
