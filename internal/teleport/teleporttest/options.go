package teleporttest

import (
	"cmp"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/gravitational/teleport/api/types"
)

// Names of the roles that every server knows unless [Options.Permissions]
// redefines them.
const (
	// PluginRole has [PluginPermissions].
	PluginRole = "access-plugin"
	// AdminRole has [AdminPermissions].
	AdminRole = "admin"
	// ReviewPluginRole has [ReviewPluginPermissions].
	ReviewPluginRole = "access-plugin-with-review"
	// ReviewerRole allows its users to review access requests, and nothing else.
	ReviewerRole = "reviewer"
)

// Options configure a server. The zero value is a usable, current server.
type Options struct {
	// Address is where to listen, host:port; "127.0.0.1:0" by default.
	Address string
	// ClusterName is the cluster's name; "lab" by default.
	ClusterName string
	// Version is the server's version; "17.2.1" by default. Below 16 the server
	// knows neither ListAccessRequests nor Access Monitoring Rules, as measured
	// with 15.1.9.
	Version string
	// ProxyPublicAddr is the web address that Ping names;
	// "teleport.example.com:443" by default.
	ProxyPublicAddr string
	// OpenSource makes a server without Enterprise features: it refuses reviews,
	// ignores Thresholds and names no features, or since version 16 none that is
	// on.
	OpenSource bool
	// AdvancedAccessWorkflows is the feature of that name in Ping's answer. An
	// OpenSource server does not have it.
	AdvancedAccessWorkflows bool

	// Permissions maps the roles of identities to what they allow. An identity
	// with an unknown role may only ping and see its own requests.
	Permissions map[string]Permissions
	// Thresholds maps requested roles to their review thresholds. A role without
	// any gets Teleport's default: one approval or one denial decides.
	Thresholds map[string][]Threshold
	// SearchAsRoles are the roles given to a request that names resources only;
	// "access" by default.
	SearchAsRoles []string
	// Users are the users that the cluster knows.
	Users []User

	// PendingTTL is how long a request may stay pending; 1 h by default.
	PendingTTL time.Duration
	// AccessTTL is how long approved access lasts from the request's creation;
	// 30 h by default.
	AccessTTL time.Duration
	// EventDelay is how long after its cause an event is sent; 0 by default. The
	// sqlite backend of a real server takes up to 1.2 s.
	EventDelay time.Duration
	// Now is the server's clock; time.Now by default.
	Now func() time.Time
	// Hear is called with every message of a client that makes a call of its own, if it is
	// not nil, by several goroutines.
	Hear func(method string, message any)
}

// Threshold says how many reviews decide a request.
type Threshold struct {
	// Name is the threshold's name, possibly empty.
	Name string
	// Approve and Deny are the numbers of reviews needed; 0 means 1.
	Approve, Deny uint32
	// Reviewers restricts whose reviews count; empty means those of all users.
	Reviewers []string
}

// User is a Teleport user.
type User struct {
	Name   string
	Roles  []string
	Traits map[string][]string
	// Bot is a user of Machine ID.
	Bot bool
	// Locked is shown by the user itself, and keeps it from reviewing.
	Locked bool
	// Synchronised is a user that an identity provider's directory has brought.
	Synchronised bool
}

func (o Options) withDefaults() (Options, error) {
	o.Address = cmp.Or(o.Address, "127.0.0.1:0")
	o.ClusterName = cmp.Or(o.ClusterName, "lab")
	o.Version = cmp.Or(o.Version, "17.2.1")
	o.ProxyPublicAddr = cmp.Or(o.ProxyPublicAddr, "teleport.example.com:443")
	o.PendingTTL = cmp.Or(o.PendingTTL, time.Hour)
	o.AccessTTL = cmp.Or(o.AccessTTL, 30*time.Hour)
	if len(o.SearchAsRoles) == 0 {
		o.SearchAsRoles = []string{"access"}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	permissions := map[string]Permissions{
		PluginRole: PluginPermissions(),
		AdminRole:  AdminPermissions(),

		ReviewPluginRole: ReviewPluginPermissions(),
		ReviewerRole:     {types.KindAccessRequest: {verbReview}},
	}
	maps.Copy(permissions, o.Permissions)
	o.Permissions = permissions
	_, err := majorVersion(o.Version)
	return o, err
}

// modern reports whether the server is newer than the recorded one.
func (o Options) modern() bool {
	major, err := majorVersion(o.Version)
	return err == nil && major >= 16
}

// majorMinor returns the first two numbers of the version, 0 for a second that is none.
func (o Options) majorMinor() (major, minor int) {
	if _, err := fmt.Sscanf(o.Version, "%d.%d", &major, &minor); err != nil {
		minor = 0
	}
	return major, minor
}

func majorVersion(version string) (int, error) {
	head, _, _ := strings.Cut(version, ".")
	major, err := strconv.Atoi(head)
	if err != nil {
		return 0, fmt.Errorf("server version %q: %w", version, err)
	}
	return major, nil
}
