package accessrequest

// Cluster describes the Teleport cluster that requests come from.
type Cluster struct {
	// Name is the cluster's name; empty when it is not known.
	Name string
	// ServerVersion is the Auth server's version, such as "17.2.1".
	ServerVersion string
	// ProxyAddr is the public address of the Proxy as Ping gives it: a host, or
	// host:port. Empty when the cluster names none.
	ProxyAddr string
	// WebReviews is true when requests can be reviewed, in the Web UI and with
	// tsh. That takes the advanced access workflows feature, which the Community
	// Edition lacks.
	WebReviews bool
	// ReviewsForUsers is true when the server takes reviews that a plugin submits in the name
	// of the user who decides.
	ReviewsForUsers bool
}
