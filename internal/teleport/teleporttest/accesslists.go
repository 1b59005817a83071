package teleporttest

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	accesslistv1 "github.com/gravitational/teleport/api/gen/proto/go/teleport/accesslist/v1"
	headerv1 "github.com/gravitational/teleport/api/gen/proto/go/teleport/header/v1"
	"github.com/gravitational/teleport/api/types"
	"github.com/gravitational/trace"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// AccessList is an access list.
type AccessList struct {
	Name, Title string
	// Due is when it has to be reviewed by; zero for one that need not be.
	Due time.Time
	// Owners are users, and OwnerLists are lists whose Members own this one, too.
	Owners, OwnerLists []string
	Members            []string
	// Ineligible are owners who do not fulfil what is required of them.
	Ineligible []string
}

// SetAccessLists replaces the access lists.
func (s *Server) SetAccessLists(all ...AccessList) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accessLists = slices.Clone(all)
}

func (l AccessList) message() *accesslistv1.AccessList {
	spec := &accesslistv1.AccessListSpec{Title: l.Title, Audit: &accesslistv1.AccessListAudit{}}
	if !l.Due.IsZero() {
		spec.Audit.NextAuditDate = timestamppb.New(l.Due)
	}
	for _, owner := range l.Owners {
		spec.Owners = append(spec.Owners, l.owner(owner))
	}
	for _, list := range l.OwnerLists {
		spec.Owners = append(spec.Owners, &accesslistv1.AccessListOwner{
			Name: list, MembershipKind: accesslistv1.MembershipKind_MEMBERSHIP_KIND_LIST,
		})
	}
	return &accesslistv1.AccessList{
		Header: &headerv1.ResourceHeader{
			Kind: types.KindAccessList, Version: types.V1, Metadata: &headerv1.Metadata{Name: l.Name},
		},
		Spec: spec,
	}
}

func (l AccessList) owner(name string) *accesslistv1.AccessListOwner {
	owner := &accesslistv1.AccessListOwner{
		Name: name, MembershipKind: accesslistv1.MembershipKind_MEMBERSHIP_KIND_USER,
		IneligibleStatus: accesslistv1.IneligibleStatus_INELIGIBLE_STATUS_ELIGIBLE,
	}
	if slices.Contains(l.Ineligible, name) {
		owner.IneligibleStatus = accesslistv1.IneligibleStatus_INELIGIBLE_STATUS_MISSING_REQUIREMENTS
	}
	return owner
}

// accessListService is the part of Teleport's service that reads access lists. An open-source
// server has none of it.
type accessListService struct {
	accesslistv1.UnimplementedAccessListServiceServer
	s *Server
}

// all returns the access lists, if the caller may read them.
func (a accessListService) all(ctx context.Context) ([]AccessList, error) {
	if a.s.opts.OpenSource {
		return nil, trace.NotImplemented("access lists are not implemented")
	}
	c := callerFrom(ctx)
	err := cmp.Or(
		a.s.authorize(c, types.VerbList, types.KindAccessList),
		a.s.authorize(c, types.VerbRead, types.KindAccessList),
	)
	if err != nil {
		return nil, err
	}
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	return a.s.accessLists, nil
}

// ListAccessLists returns one page of the access lists.
func (a accessListService) ListAccessLists(ctx context.Context, req *accesslistv1.ListAccessListsRequest) (*accesslistv1.ListAccessListsResponse, error) {
	all, err := a.all(ctx)
	if err != nil {
		return nil, err
	}
	from, size := 0, int(req.GetPageSize())
	if token := req.GetNextToken(); token != "" {
		if from, err = strconv.Atoi(token); err != nil || from > len(all) {
			return nil, trace.BadParameter("malformed token %q", token)
		}
	}
	if size <= 0 {
		size = 200
	}
	page := &accesslistv1.ListAccessListsResponse{}
	to := min(from+size, len(all))
	for _, l := range all[from:to] {
		page.AccessLists = append(page.AccessLists, l.message())
	}
	if to < len(all) {
		page.NextToken = strconv.Itoa(to)
	}
	return page, nil
}

// GetAccessListOwners returns the owners of a list, with the members of the lists that own it.
func (a accessListService) GetAccessListOwners(ctx context.Context, req *accesslistv1.GetAccessListOwnersRequest) (*accesslistv1.GetAccessListOwnersResponse, error) {
	all, err := a.all(ctx)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(all, func(l AccessList) bool { return l.Name == req.GetAccessList() })
	if at < 0 {
		return nil, trace.NotFound("access_list %q doesn't exist", req.GetAccessList())
	}
	out := &accesslistv1.GetAccessListOwnersResponse{}
	for _, owner := range all[at].Owners {
		out.Owners = append(out.Owners, all[at].owner(owner))
	}
	for _, l := range all {
		if !slices.Contains(all[at].OwnerLists, l.Name) {
			continue
		}
		for _, member := range l.Members {
			out.Owners = append(out.Owners, all[at].owner(member))
		}
	}
	return out, nil
}
