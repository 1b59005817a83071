package teleporttest

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"github.com/gravitational/teleport/api/client/proto"
	"github.com/gravitational/teleport/api/types"
	"github.com/gravitational/trace"
)

// Requestable is a resource that people may ask for.
type Requestable struct {
	// Kind is "node", "app", "db", "kube_cluster", "windows_desktop" or "user_group".
	Kind, Name string
	// Title is the hostname of a node, and what Okta calls an app or a group.
	Title  string
	Labels map[string]string
	// Agents is how many agents serve it; 1 by default. Teleport lists it once for each.
	Agents int
	// Hidden is set if no role of the caller that is previewed shows it.
	Hidden bool
}

// requestableKinds are the kinds by what Teleport lists them as.
var requestableKinds = map[string]string{
	types.KindNode:           types.KindNode,
	types.KindAppServer:      types.KindApp,
	types.KindDatabaseServer: types.KindDatabase,
	types.KindKubeServer:     types.KindKubernetesCluster,
	types.KindWindowsDesktop: types.KindWindowsDesktop,
	types.KindUserGroup:      types.KindUserGroup,
}

// SetRequestables replaces the resources of the cluster.
func (s *Server) SetRequestables(all ...Requestable) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requestables = slices.Clone(all)
}

// SetLogins makes a role known that allows logins.
func (s *Server) SetLogins(role string, logins ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.logins[role] = logins
}

// nameTerm begins the only condition that the simulator understands.
var nameTerm = regexp.MustCompile(`^resource\.metadata\.name == ("(?:[^"\\]|\\.)*")(?: \|\| |$)`)

// namesIn reads a condition for any of some names.
func namesIn(predicate string) (names []string, err error) {
	for predicate != "" {
		found := nameTerm.FindStringSubmatch(predicate)
		if found == nil {
			return nil, trace.BadParameter("the simulator cannot parse predicate expression %q", predicate)
		}
		name, err := strconv.Unquote(found[1])
		if err != nil {
			return nil, trace.BadParameter("failed to parse predicate expression: %v", err)
		}
		names, predicate = append(names, name), predicate[len(found[0]):]
	}
	return names, nil
}

// ListResources returns one page of the resources of a kind that fulfil a condition. Those of
// others are shown only to callers that ask for a preview as other roles.
func (a *authService) ListResources(ctx context.Context, req *proto.ListResourcesRequest) (*proto.ListResourcesResponse, error) {
	kind, ok := requestableKinds[req.ResourceType]
	if !ok {
		return nil, trace.NotImplemented("resource type %q does not support pagination", req.ResourceType)
	}
	c := callerFrom(ctx)
	if err := cmp.Or(a.s.authorize(c, types.VerbList, kind), a.s.authorize(c, types.VerbRead, kind)); err != nil {
		return nil, err
	}
	if req.Limit <= 0 {
		return nil, trace.BadParameter("nonpositive parameter limit")
	}
	names, err := namesIn(req.PredicateExpression)
	if err != nil {
		return nil, err
	}
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	out := &proto.ListResourcesResponse{}
	at := 0
	for _, r := range a.s.requestables {
		if r.Kind != kind || r.Hidden || !req.UsePreviewAsRoles || !slices.Contains(names, r.Name) {
			continue
		}
		for agent := range max(r.Agents, 1) {
			key := fmt.Sprintf("%06d", at)
			at++
			if key < req.StartKey {
				continue
			}
			if len(out.Resources) == int(req.Limit) {
				out.NextKey = key
				return out, nil
			}
			listed, err := r.listed(fmt.Sprintf("agent-%d", agent))
			if err != nil {
				return nil, err
			}
			out.Resources = append(out.Resources, listed)
		}
	}
	return out, nil
}

// listed is the resource as an agent serves it.
func (r Requestable) listed(host string) (*proto.PaginatedResource, error) {
	meta := types.Metadata{Name: r.Name, Labels: map[string]string{}}
	for name, value := range r.Labels {
		meta.Labels[name] = value
	}
	if r.Title != "" && r.Kind != types.KindNode {
		meta.Labels[types.OriginLabel] = types.OriginOkta
		meta.Labels[types.OktaAppNameLabel] = r.Title
	}
	switch r.Kind {
	case types.KindNode:
		node, err := types.NewServerWithLabels(r.Name, types.KindNode, types.ServerSpecV2{Hostname: r.Title}, r.Labels)
		if err != nil {
			return nil, err
		}
		return &proto.PaginatedResource{Resource: &proto.PaginatedResource_Node{Node: node.(*types.ServerV2)}}, nil
	case types.KindApp:
		app := must1(types.NewAppV3(meta, types.AppSpecV3{URI: "http://localhost"}))
		served, err := types.NewAppServerV3FromApp(app, host, host)
		return &proto.PaginatedResource{Resource: &proto.PaginatedResource_AppServer{AppServer: served}}, err
	case types.KindDatabase:
		db := must1(types.NewDatabaseV3(meta, types.DatabaseSpecV3{Protocol: "postgres", URI: "localhost:5432"}))
		served, err := types.NewDatabaseServerV3(meta, types.DatabaseServerSpecV3{HostID: host, Hostname: host, Database: db})
		return &proto.PaginatedResource{Resource: &proto.PaginatedResource_DatabaseServer{DatabaseServer: served}}, err
	case types.KindKubernetesCluster:
		kube := must1(types.NewKubernetesClusterV3(meta, types.KubernetesClusterSpecV3{}))
		served, err := types.NewKubernetesServerV3FromCluster(kube, host, host)
		return &proto.PaginatedResource{Resource: &proto.PaginatedResource_KubernetesServer{KubernetesServer: served}}, err
	case types.KindWindowsDesktop:
		desktop, err := types.NewWindowsDesktopV3(r.Name, r.Labels, types.WindowsDesktopSpecV3{Addr: "localhost:3389", HostID: host})
		return &proto.PaginatedResource{Resource: &proto.PaginatedResource_WindowsDesktop{WindowsDesktop: desktop}}, err
	default:
		group, err := types.NewUserGroup(meta, types.UserGroupSpecV1{})
		if err != nil {
			return nil, err
		}
		return &proto.PaginatedResource{Resource: &proto.PaginatedResource_UserGroup{UserGroup: group.(*types.UserGroupV1)}}, nil
	}
}

// must1 returns what a test has made of its own texts.
func must1[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
