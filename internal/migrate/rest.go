package migrate

import (
	"cmp"
	"strings"
)

// placement are values that our chart has under the same names, for the operator's pods.
var placement = []string{"affinity", "imagePullSecrets", "nodeSelector", "tolerations"}

// rest takes over what is not about the notifier, and names what has no counterpart.
func (t table) rest(n *Notifier) {
	for _, key := range placement {
		if value := t.take(key); !isEmpty(value) {
			n.Chart[key] = value
		}
	}
	log := t.table("log")
	if severity := log.text("severity"); severity != "" {
		level := levels[strings.ToLower(severity)]
		if level == "" {
			t.values.note("log.severity", "is none of DEBUG, INFO, WARN and ERROR, so that it has no counterpart")
		} else if level != "info" {
			n.Chart["log"] = map[string]any{"level": level}
		}
	}
	for _, path := range t.unused() {
		t.values.note(path, "has no counterpart: %s", whyNot(path))
	}
}

// whyNot says why a value has no counterpart.
func whyNot(path string) string {
	switch {
	case strings.HasPrefix(path, "log."):
		return "the operator writes its log to stderr"
	case strings.HasPrefix(path, "tbot."):
		return "our chart's tbot has settings of its own, see its values below tbot"
	case strings.HasPrefix(path, "teleport."), strings.Count(path, ".") == 0:
		return "it is about the plugin's own Deployment, and one operator serves all notifiers"
	default:
		return "Access Notifier knows nothing like it"
	}
}

// tbot makes values of our chart's tbot, and returns the Secret that it writes. Where tbot has
// no address of its own, it has the plugin's.
func (v *values) tbot(n *Notifier, t table, secret, address string) string {
	out := map[string]any{"enabled": true}
	set := func(key, value string) {
		if value != "" {
			out[key] = value
		}
	}
	secret = cmp.Or(secret, t.table("defaultOutput").text("secretName"))
	set("identitySecretName", secret)
	set("clusterName", t.text("clusterName"))
	proxy, auth := t.text("teleportProxyAddress"), t.text("teleportAuthAddress")
	if proxy == "" && auth == "" {
		proxy = address
	}
	set("teleportProxyAddress", proxy)
	set("teleportAuthAddress", auth)
	v.join(t, set)
	image := map[string]any{}
	if repository, ok := t.take("image").(string); ok && repository != "" {
		image["repository"] = repository
		if host, _, _ := strings.Cut(repository, "/"); !strings.ContainsAny(host, ".:") {
			image["registry"] = "docker.io" // what Kubernetes takes it from
		}
	}
	if tag := cmp.Or(t.text("tag"), t.text("teleportVersionOverride")); tag != "" {
		image["tag"] = tag
	} else {
		v.note("tbot", "names no version: set tbot.image.tag to that of your Teleport cluster")
	}
	if len(image) > 0 {
		out["image"] = image
	}
	n.Chart["tbot"] = out
	return cmp.Or(secret, tbotSecret)
}

// join says how tbot joins Teleport.
func (v *values) join(t table, set func(key, value string)) {
	method, token := t.text("joinMethod"), t.text("token")
	switch method {
	case "", "kubernetes":
	case "iam", "gcp", "azure":
		set("joinMethod", method)
	case "token":
		set("joinMethod", method)
		v.note("tbot.token", "is a secret: put it into a Secret, and name that in tbot.tokenSecretRef")
		return
	default:
		v.note("tbot.joinMethod", "has no counterpart: our chart's tbot joins by kubernetes, token, iam, gcp or azure")
	}
	set("token", token)
	if token == "" {
		v.note("tbot.token", "is not set: our chart's tbot joins by the token access-notifier, unless tbot.token names another")
	}
}
