package teleport

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	accesslistv1 "github.com/gravitational/teleport/api/gen/proto/go/teleport/accesslist/v1"
	"github.com/gravitational/trace"
	"google.golang.org/grpc/codes"

	"github.com/accessnotifier/accessnotifier/internal/accesslist"
)

const (
	// maxAccessLists bounds the access lists that are read, maxDueLists those that are kept,
	// and maxOwners the owners of each.
	maxAccessLists = 100_000
	maxDueLists    = 2_000
	maxOwners      = 200
)

// AccessLists returns the access lists whose owners should hear of their review at a time. The
// error wraps accessrequest.ErrNotAllowed if the role of the identity may not read access
// lists, or Teleport has none. Of very many, the first are returned, with accesslist.ErrTooMany.
func (s *Session) AccessLists(ctx context.Context, at time.Time) ([]accesslist.List, error) {
	var found []accesslist.List
	var tooMany error
	err := s.askWithin(ctx, bulkTimeout, "list and read on access_list", func(ctx context.Context, c Client) error {
		found, tooMany = nil, nil
		seen := 0
		err := c.EachAccessList(ctx, func(l *accesslistv1.AccessList) error {
			list := convertList(l)
			isDue := !list.Due.IsZero() && list.IsDue(at)
			switch seen++; {
			case seen > maxAccessLists, isDue && len(found) == maxDueLists:
				return accesslist.ErrTooMany
			case !isDue:
				return nil
			}
			owners, err := ownersOf(ctx, c, l)
			list.Owners = owners
			found = append(found, list)
			return err
		})
		if errors.Is(err, accesslist.ErrTooMany) {
			tooMany = err
			return nil
		}
		return err
	})
	return found, cmp.Or(err, tooMany)
}

// ownersOf returns the users who own a list. Those of lists that own it are asked for.
func ownersOf(ctx context.Context, c Client, l *accesslistv1.AccessList) ([]string, error) {
	owners := l.GetSpec().GetOwners()
	if slices.ContainsFunc(owners, isList) {
		all, err := c.AccessListOwners(ctx, l.GetHeader().GetMetadata().GetName())
		switch codeOf(err) {
		case codes.OK:
			owners = all
		case codes.NotFound, codes.PermissionDenied, codes.Unimplemented:
			// Those that are named in the list itself are known.
		default:
			return nil, err
		}
	}
	var names []string
	in := &reader{}
	for _, owner := range owners {
		if len(names) < maxOwners && !isList(owner) && isEligible(owner) && owner.GetName() != "" && len(owner.GetName()) <= maxName {
			names = append(names, in.text(owner.GetName()))
		}
	}
	return names, nil
}

func isList(owner *accesslistv1.AccessListOwner) bool {
	return owner.GetMembershipKind() == accesslistv1.MembershipKind_MEMBERSHIP_KIND_LIST
}

// isEligible reports whether an owner may review the list, as far as Teleport says.
func isEligible(owner *accesslistv1.AccessListOwner) bool {
	switch owner.GetIneligibleStatus() {
	case accesslistv1.IneligibleStatus_INELIGIBLE_STATUS_USER_NOT_EXIST,
		accesslistv1.IneligibleStatus_INELIGIBLE_STATUS_MISSING_REQUIREMENTS,
		accesslistv1.IneligibleStatus_INELIGIBLE_STATUS_EXPIRED:
		return false
	default:
		return true
	}
}

// convertList reads a list but for its owners. One that need not be reviewed is never due.
func convertList(l *accesslistv1.AccessList) accesslist.List {
	in := &reader{}
	out := accesslist.List{
		Name:  in.text(cut(l.GetHeader().GetMetadata().GetName(), maxName)),
		Title: in.text(cut(l.GetSpec().GetTitle(), maxName)),
	}
	if date := l.GetSpec().GetAudit().GetNextAuditDate(); date.IsValid() && date.GetSeconds() > 0 {
		out.Due = date.AsTime()
	}
	return out
}

// EachAccessList implements Client. Pages without lists count as one, so that a list without
// an end has one.
func (c *apiClient) EachAccessList(ctx context.Context, do func(*accesslistv1.AccessList) error) error {
	request := &accesslistv1.ListAccessListsRequest{PageSize: pageSize}
	for {
		page, err := c.accessLists.ListAccessLists(ctx, request)
		if isTooLarge(err) && request.PageSize > 1 {
			request.PageSize = max(request.PageSize/4, 1)
			continue
		}
		if err != nil {
			return err
		}
		lists := page.GetAccessLists()
		if len(lists) == 0 {
			lists = []*accesslistv1.AccessList{nil}
		}
		for _, l := range lists {
			if err := do(l); err != nil {
				return err
			}
		}
		switch page.GetNextToken() {
		case "":
			return nil
		case request.NextToken:
			return trace.BadParameter("the list does not get on")
		}
		request.NextToken = page.GetNextToken()
	}
}

// AccessListOwners implements Client.
func (c *apiClient) AccessListOwners(ctx context.Context, name string) ([]*accesslistv1.AccessListOwner, error) {
	found, err := c.accessLists.GetAccessListOwners(ctx, &accesslistv1.GetAccessListOwnersRequest{AccessList: name})
	return found.GetOwners(), err
}
