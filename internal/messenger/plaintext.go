package messenger

import (
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// thisMachine are the hosts that http:// may always name: what is sent does not leave it.
var thisMachine = []string{"localhost", "127.0.0.1", "::1"}

// clusterService is the name of a Service in Kubernetes, or of one of its pods. Shorter names
// are not: the resolver completes them by its search path, which may lead out of the cluster.
var clusterService = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.){2,}svc(\.cluster\.local)?$`)

var (
	errPlainText = errors.New("http:// sends the token where others can read it: use https://; for a Service of the cluster, " +
		"such as http://mattermost.chat.svc:8065, set insecure to Allow")
	errNotPlainText = errors.New("insecure is Allow, but the address begins with https://: remove it, since it turns no check of certificates off")
)

// The schemes of addresses of mail servers, besides smtp and smtps, whose connections may be
// without TLS.
const (
	SchemeOpportunistic = "smtp+opportunistic"
	SchemePlainSMTP     = "smtp+plain"
)

// MayBePlainText reports whether what is sent to an address may go there without TLS.
func MayBePlainText(address string) bool {
	scheme, _, _ := strings.Cut(address, "://")
	return scheme == "http" || scheme == SchemeOpportunistic || scheme == SchemePlainSMTP
}

// CheckPlainText returns an error if an address would have the token sent without TLS although
// that is not allowed, or if that is allowed for an address with TLS. Empty addresses are
// those of public services. The rules of the AccessNotifier API say the same.
func CheckPlainText(address string, insecure bool) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" {
		if insecure {
			return errNotPlainText
		}
		return nil
	}
	if slices.Contains(thisMachine, u.Hostname()) || insecure && clusterService.MatchString(u.Hostname()) {
		return nil
	}
	return errPlainText
}
