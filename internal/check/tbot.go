package check

import (
	"fmt"
	"strconv"
	"strings"

	"sigs.k8s.io/yaml"
)

// Versions of Teleport that changed what tbot may be told.
const (
	// servicesSince is the first whose tbot calls outputs services.
	servicesSince = 17
	// noRolesSince is the first whose server refuses a service that names roles.
	noRolesSince = 19
)

// tbotConfig is what is looked at of tbot's configuration.
type tbotConfig struct {
	Version     string       `json:"version"`
	AuthServer  string       `json:"auth_server"`
	ProxyServer string       `json:"proxy_server"`
	Outputs     []tbotOutput `json:"outputs"`
	Services    []tbotOutput `json:"services"`
}

// tbotOutput is one thing that tbot writes.
type tbotOutput struct {
	Type        string   `json:"type"`
	Roles       []string `json:"roles"`
	Destination struct {
		Type string `json:"type"`
		Name string `json:"name"`
	} `json:"destination"`
}

// tbot checks what tbot is told against what the server, and newer ones, take.
func (o Options) tbot(s section, version string) {
	var config tbotConfig
	if err := yaml.Unmarshal(o.Tbot, &config); err != nil {
		s.add(Failed, "configuration", "is not YAML of the form that tbot reads", "Give the file that tbot is started with")
		return
	}
	major := majorOf(version)
	s.dialect(config, major)
	for i, output := range append(config.Outputs, config.Services...) {
		name := fmt.Sprintf("%s %d", output.Type, i+1)
		if len(output.Roles) > 0 {
			s.roles(name, major)
		}
		o.destination(s, name, output)
	}
}

func (s section) dialect(config tbotConfig, major int) {
	switch {
	case config.Version != "v2":
		s.add(Failed, "version", fmt.Sprintf("is %q", config.Version), "Write version: v2, which every tbot since version 14 takes")
	case len(config.Outputs) > 0 && major >= servicesSince:
		s.add(Warned, "outputs", "is the former name of services", "Rename outputs to services")
	case len(config.Services) > 0 && major > 0 && major < servicesSince:
		s.add(Warned, "services", fmt.Sprintf("may not be known to tbot %d", major), "Rename services to outputs if tbot refuses it")
	case len(config.Outputs)+len(config.Services) == 0:
		s.add(Failed, "services", "tbot writes nothing", "Add a service of type identity with a destination")
	default:
		s.passed("version", "v2")
	}
}

func (s section) roles(name string, major int) {
	const finding, advice = "names roles, which servers since version 19 refuse", "Remove roles, and give the bot the roles that it needs"
	if major >= noRolesSince {
		s.add(Failed, name, finding, advice)
		return
	}
	s.add(Warned, name, finding, advice)
}

// destination checks that an identity is written to where it is read from.
func (o Options) destination(s section, name string, output tbotOutput) {
	if output.Type != "identity" || output.Destination.Type != "kubernetes_secret" {
		return
	}
	written := output.Destination.Name
	read, ok := strings.CutPrefix(o.Spec.Teleport.IdentityRef, "file/")
	if read, _, _ = strings.Cut(read, "/"); ok && read != written {
		s.add(Failed, name, fmt.Sprintf("writes Secret %q, but the notifier reads %q", written, read), "Use one name for both")
		return
	}
	s.passed(name, fmt.Sprintf("writes Secret %q", written))
}

// majorOf returns the first number of a version, 0 if it is not known.
func majorOf(version string) int {
	head, _, _ := strings.Cut(version, ".")
	major, err := strconv.Atoi(head)
	if err != nil {
		return 0
	}
	return major
}
