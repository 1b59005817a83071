package teleporttest

import (
	"context"
	"testing"

	"github.com/gravitational/teleport/api/client"
	"github.com/gravitational/teleport/api/types"
)

func TestPermissions(t *testing.T) {
	s := ForTest(t, Options{
		Users: []User{{Name: "alice", Traits: map[string][]string{"team": {"a"}}}},
		Permissions: map[string]Permissions{
			"updater": PluginPermissions().With(types.KindAccessPluginData, types.VerbUpdate),
			"reader":  PluginPermissions().With(types.KindAccessPluginData, types.VerbRead),
			"lister":  {types.KindAccessRequest: {types.VerbList}},
		},
	})
	id := must(s.CreateRequest(RequestSpec{User: "alice"}))(t)
	data := types.PluginDataFilter{Kind: types.KindAccessRequest, Resource: id}

	get := func(ctx context.Context, clt *client.Client) error {
		_, err := clt.GetPluginData(ctx, data)
		return err
	}
	set := func(ctx context.Context, clt *client.Client) error {
		return clt.UpdatePluginData(ctx, update(id, "p", nil, map[string]string{"k": "v"}))
	}
	user := func(ctx context.Context, clt *client.Client) error {
		_, err := clt.GetUser(ctx, "alice", false)
		return err
	}
	role := func(ctx context.Context, clt *client.Client) error {
		_, err := clt.GetRole(ctx, PluginRole)
		return err
	}
	rules := func(ctx context.Context, clt *client.Client) error {
		_, _, err := clt.AccessMonitoringRulesClient().ListAccessMonitoringRules(ctx, 0, "")
		return err
	}
	approve := func(ctx context.Context, clt *client.Client) error {
		return clt.SetAccessRequestState(ctx, types.AccessRequestUpdate{RequestID: id, State: types.RequestState_APPROVED})
	}
	remove := func(ctx context.Context, clt *client.Client) error { return clt.DeleteAccessRequest(ctx, id) }
	create := func(ctx context.Context, clt *client.Client) error {
		req, err := types.NewAccessRequest("x", "alice", "editor")
		if err != nil {
			return err
		}
		_, err = clt.CreateAccessRequestV2(ctx, req)
		return err
	}
	for _, tt := range []struct {
		user, name string
		call       func(context.Context, *client.Client) error
		// denied is the action and kind that are refused; empty if it works.
		denied string
	}{
		{"updater", "get plugin data", get, ""},
		{"updater", "set plugin data", set, ""},
		{"reader", "get plugin data", get, ""},
		{"reader", "set plugin data", set, `"update" on "access_plugin_data"`},
		{"lister", "get plugin data", get, `"list" on "access_plugin_data"`},
		{PluginRole, "get user", user, `"read" on "user"`},
		{PluginRole, "get role", role, ""},
		{"lister", "get role", role, `"read" on "role"`},
		{PluginRole, "list rules", rules, ""},
		{"lister", "list rules", rules, `"list" on "access_monitoring_rule"`},
		{PluginRole, "create", create, `"create" on "access_request"`},
		{"alice", "create own", create, ""},
		{PluginRole, "approve", approve, `"update" on "access_request"`},
		{PluginRole, "delete", remove, `"delete" on "access_request"`},
		{AdminRole, "get user", user, ""},
		{AdminRole, "create", create, ""},
		{AdminRole, "approve", approve, ""},
		{AdminRole, "delete", remove, ""},
	} {
		t.Run(tt.user+" "+tt.name, func(t *testing.T) {
			err := tt.call(t.Context(), connect(t, s, tt.user))
			switch {
			case tt.denied != "":
				wantErr(t, err, "AccessDenied", "access denied to perform action "+tt.denied)
			case err != nil:
				t.Error(err)
			}
		})
	}
}

func TestListWithoutPermissionShowsOwnOnly(t *testing.T) {
	s := ForTest(t, Options{})
	must(s.CreateRequest(RequestSpec{User: "alice"}))(t)
	for user, want := range map[string]int{"alice": 1, "guest": 0, PluginRole: 1} {
		got := must(connect(t, s, user).GetAccessRequests(t.Context(), types.AccessRequestFilter{}))(t)
		if len(got) != want {
			t.Errorf("%s sees %d requests, want %d", user, len(got), want)
		}
	}
}

func TestSetPermissions(t *testing.T) {
	s := ForTest(t, Options{})
	clt := connect(t, s, PluginRole)
	id := must(s.CreateRequest(RequestSpec{}))(t)
	s.SetPermissions(PluginRole, PluginPermissions().With(types.KindAccessPluginData))
	wantErr(t, clt.UpdatePluginData(t.Context(), update(id, "p", nil, nil)), "AccessDenied", `"update" on "access_plugin_data"`)
}
