package messengertest

import (
	"net/http"
	"strings"
)

// routes maps "METHOD /path/{with}/{wildcards}", the name under which Calls
// counts a call, to its handler.
type routes[H any] []route[H]

type route[H any] struct {
	name    string
	verb    string
	parts   []string
	handler H
}

func (rs *routes[H]) add(name string, handler H) {
	verb, path, _ := strings.Cut(name, " ")
	*rs = append(*rs, route[H]{name: name, verb: verb, parts: strings.Split(path, "/"), handler: handler})
}

// find returns the route of a request and what its wildcards stand for. When
// only the verb is wrong, pathKnown says so.
func (rs routes[H]) find(r *http.Request, prefix string) (found *route[H], params map[string]string, pathKnown bool) {
	path, ok := strings.CutPrefix(r.URL.Path, prefix)
	if !ok {
		return nil, nil, false
	}
	parts := strings.Split(path, "/")
	for i := range rs {
		params, ok := rs[i].match(parts)
		if !ok {
			continue
		}
		if rs[i].verb == r.Method {
			return &rs[i], params, true
		}
		pathKnown = true
	}
	return nil, nil, pathKnown
}

func (rt route[H]) match(parts []string) (map[string]string, bool) {
	if len(parts) != len(rt.parts) {
		return nil, false
	}
	params := map[string]string{}
	for i, part := range rt.parts {
		switch {
		case strings.HasPrefix(part, "{"):
			params[strings.Trim(part, "{}")] = parts[i]
		case part != parts[i]:
			return nil, false
		}
	}
	return params, true
}
