package teleport

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/gravitational/teleport/api/client/proto"
	"github.com/gravitational/teleport/api/types"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

const (
	// namesPerCall is how many resources one call asks for, and resourcePages how many pages
	// of an answer are read: of one app there may be several agents.
	namesPerCall  = 100
	resourcePages = 4
	// maxLabels bounds the labels of a resource, and maxLabel each text of them, in bytes.
	maxLabels = 128
	maxLabel  = 512
)

// resourceDetails is what Teleport says of a resource beyond its id.
type resourceDetails struct {
	// found is set if Teleport names the resource.
	found  bool
	title  string
	labels map[string]string
}

// listedAs are the kinds of resources that Teleport is asked for, each with the kind under
// which Teleport lists it.
var listedAs = map[string]string{
	types.KindNode:              types.KindNode,
	types.KindApp:               types.KindAppServer,
	types.KindDatabase:          types.KindDatabaseServer,
	types.KindKubernetesCluster: types.KindKubeServer,
	types.KindWindowsDesktop:    types.KindWindowsDesktop,
	types.KindUserGroup:         types.KindUserGroup,
}

// titled are the kinds of resources whose names may be ids.
var titled = []string{types.KindNode, types.KindApp, types.KindUserGroup}

// kindOf returns as what a resource is asked for, "" if it cannot be. What lies in a
// Kubernetes cluster is so as that cluster.
func kindOf(r accessrequest.Resource) string {
	switch _, known := listedAs[r.Kind]; {
	case len(r.Name) > maxName || r.Name == "":
		return ""
	case known:
		return r.Kind
	case slices.Contains(types.KubernetesResourcesKinds, r.Kind) || strings.HasPrefix(r.Kind, "kube:"):
		return types.KindKubernetesCluster
	default:
		return ""
	}
}

// Resources implements Client.
func (c *apiClient) Resources(ctx context.Context, kind string, names []string) ([]types.ResourceWithLabels, error) {
	request := proto.ListResourcesRequest{
		ResourceType: listedAs[kind], PredicateExpression: anyOf(names), Limit: 2 * namesPerCall,
		UseSearchAsRoles: true, UsePreviewAsRoles: true,
	}
	var found []types.ResourceWithLabels
	for range resourcePages {
		page, err := c.ListResources(ctx, request)
		if isTooLarge(err) && request.Limit > 1 {
			request.Limit = max(request.Limit/4, 1)
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, r := range page.Resources {
			found = append(found, leaf(r))
		}
		if page.NextKey == "" {
			break
		}
		request.StartKey = page.NextKey
	}
	return found, nil
}

// anyOf is a condition in Teleport's language for resources with any of the names.
func anyOf(names []string) string {
	var terms []string
	for _, name := range names {
		terms = append(terms, "resource.metadata.name == "+strconv.Quote(name))
	}
	return strings.Join(terms, " || ")
}

// leaf returns the resource that an agent serves.
func leaf(r types.ResourceWithLabels) types.ResourceWithLabels {
	switch r := r.(type) {
	case types.AppServer:
		return r.GetApp()
	case types.DatabaseServer:
		return r.GetDatabase()
	case types.KubeServer:
		return r.GetCluster()
	default:
		return r
	}
}

// newResources returns what asks for resources of a kind.
func (s *Session) newResources(kind string) *lookup[resourceDetails] {
	return &lookup[resourceDetails]{
		batch: namesPerCall, calls: 1,
		sizeOf: func(d resourceDetails) int {
			n := itemOverhead + len(d.title)
			for name, value := range d.labels {
				n += 2*itemOverhead + len(name) + len(value)
			}
			return n
		},
		read: func(ctx context.Context, names []string) (map[string]resourceDetails, error) {
			found := map[string]resourceDetails{}
			err := s.ask(ctx, "list on "+kind, func(ctx context.Context, c Client) error {
				all, err := c.Resources(ctx, kind, names)
				for _, r := range all {
					if name := r.GetName(); slices.Contains(names, name) {
						found[name] = detailsOf(r)
					}
				}
				return err
			})
			s.noteRead(kind, err, len(found) > 0)
			return found, err
		},
	}
}

// detailsOf reads a resource.
func detailsOf(r types.ResourceWithLabels) resourceDetails {
	in := &reader{}
	d := resourceDetails{found: true, title: in.text(cut(types.FriendlyName(r), maxName))}
	if d.title == r.GetName() {
		d.title = ""
	}
	all := r.GetAllLabels()
	names := slices.Sorted(maps.Keys(all))
	d.labels = make(map[string]string, min(len(names), maxLabels))
	for _, name := range names[:min(len(names), maxLabels)] {
		d.labels[in.text(cut(name, maxLabel))] = in.text(cut(all[name], maxLabel))
	}
	return d
}

// Labels returns the labels of resources, in their order. The error wraps
// accessrequest.ErrNotAllowed if the role of the identity does not show one of them.
func (s *Session) Labels(ctx context.Context, resources []accessrequest.Resource) ([]map[string]string, error) {
	byKind := map[string][]string{}
	for _, r := range resources {
		kind, err := s.localKind(r)
		if err != nil {
			return nil, err
		}
		byKind[kind] = append(byKind[kind], r.Name)
	}
	known := map[string]map[string]resourceDetails{}
	for kind, names := range byKind {
		found, err := s.resources[kind].get(ctx, names...)
		if err != nil {
			return nil, err
		}
		known[kind] = found
	}
	labels := make([]map[string]string, len(resources))
	for i, r := range resources {
		kind := kindOf(r)
		d := known[kind][r.Name]
		if !d.found {
			return nil, fmt.Errorf("a requested resource of kind %s is not shown: %w", kind, accessrequest.ErrNotAllowed)
		}
		labels[i] = d.labels
	}
	return labels, nil
}

// localKind is kindOf for a resource that this cluster may name.
func (s *Session) localKind(r accessrequest.Resource) (string, error) {
	kind := kindOf(r)
	switch {
	case kind == "":
		return "", fmt.Errorf("a requested resource is of a kind that cannot be listed: %w", accessrequest.ErrNotAllowed)
	case r.Cluster != "" && r.Cluster != s.Cluster().Name:
		return "", fmt.Errorf("a requested resource is in a leaf cluster: %w", accessrequest.ErrNotAllowed)
	default:
		return kind, nil
	}
}
