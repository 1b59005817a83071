package listen

import (
	"net/url"
	"regexp"
	"strings"
)

// prefix begins the path of every notifier.
const prefix = "/review/"

// name is what namespaces and notifiers are called in Kubernetes, and notifiers on hosts, which
// may be named after a plugin, such as "slack:Ops_2".
var name = regexp.MustCompile(`^[A-Za-z0-9]([-_.:A-Za-z0-9]*[A-Za-z0-9])?$`)

// Path is the path of a notifier. The namespace is empty outside Kubernetes.
func Path(namespace, name string) string {
	if namespace == "" {
		return prefix + name
	}
	return prefix + namespace + "/" + name
}

// parse reads what Path wrote. Any other way to write that path is none: it is neither cleaned
// nor decoded.
func parse(u *url.URL) (namespace, notifier string, ok bool) {
	rest, ok := strings.CutPrefix(u.EscapedPath(), prefix)
	if !ok {
		return "", "", false
	}
	namespace, notifier, both := strings.Cut(rest, "/")
	if !both {
		return "", namespace, isName(namespace)
	}
	return namespace, notifier, isName(namespace) && isName(notifier)
}

func isName(s string) bool {
	return len(s) <= maxName && name.MatchString(s) && !strings.Contains(s, "..")
}
