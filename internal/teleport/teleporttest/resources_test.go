package teleporttest

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gravitational/teleport/api/types"
)

func TestReadResources(t *testing.T) {
	// What test-teleport creates on a real cluster.
	content := must(os.ReadFile("../../../test/teleport/cluster.yaml"))(t)
	resources := must(ReadResources(string(content)))(t)
	want := Resource{Kind: types.KindRole, Name: "e2e-plugin", Permissions: PluginPermissions()}
	if len(resources) != 6 {
		t.Fatalf("%d resources", len(resources))
	}
	if diff := cmp.Diff(want, resources[0]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for change, want := range map[string]string{
		"resources: [access_request]|resource: [access_request]": "unknown field",
		"kind: user|kind: owl": `kind "owl"`,
		"{name: myuser}|{}":    "missing",
	} {
		from, to, _ := strings.Cut(change, "|")
		if _, err := ReadResources(strings.Replace(string(content), from, to, 1)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", change, err, want)
		}
	}
}

// TestReadSubmitForUsers is about an option of roles that the API module does not know.
func TestReadSubmitForUsers(t *testing.T) {
	const role = "kind: role\nversion: v7\nmetadata: {name: x}\nspec: {allow: {review_requests: {submit_for_users: %s}}}\n"
	for users, want := range map[string]Permissions{
		`["*"]`: {SubmitForUsers: {"*"}}, "[alice, bob]": {SubmitForUsers: {"alice", "bob"}}, "[]": {},
	} {
		got := must(ReadResources(fmt.Sprintf(role, users)))(t)
		if diff := cmp.Diff(want, got[0].Permissions); diff != "" {
			t.Errorf("%s (-want +got):\n%s", users, diff)
		}
	}
	for _, users := range []string{"alice", "[1]", "{a: b}"} {
		if got, err := ReadResources(fmt.Sprintf(role, users)); err == nil {
			t.Errorf("%s is read as %v", users, got)
		}
	}
}
