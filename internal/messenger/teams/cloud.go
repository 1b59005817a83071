package teams

import (
	"net/url"
	"regexp"
	"strings"
)

// cloud is where the services are that a bot needs besides the connector.
type cloud struct {
	// login is where a bot signs in, and graph where people are looked up.
	login, graph *url.URL
	// authority is Microsoft's name for the former, also where a gateway leads to it.
	authority *url.URL
	// connectorScope and graphScope are what a bot signs in for.
	connectorScope, graphScope string
}

// publicConnector is the connector of the worldwide cloud.
const publicConnector = "https://smba.trafficmanager.net/teams"

// connector is what addresses of the connector are. The rule of the AccessNotifier API says the
// same.
var connector = regexp.MustCompile(
	`^https://smba\.(trafficmanager\.net|infra\.gcc\.teams\.microsoft\.com|infra\.(gov|dod)\.teams\.microsoft\.us)/[a-z]{1,16}/?$`)

func isConnector(address string) bool { return connector.MatchString(address) }

// cloudOf returns the cloud that a connector belongs to, by its host
// (https://learn.microsoft.com/microsoftteams/platform/concepts/app-fundamentals-overview#government-community-cloud,
// https://learn.microsoft.com/graph/deployments and
// https://learn.microsoft.com/azure/bot-service/how-to-deploy-gov-cloud-high). A host that is none of
// Microsoft's is a gateway, or a simulation, which has all of them at one address.
func cloudOf(connector *url.URL) cloud {
	switch strings.ToLower(connector.Hostname()) {
	case "smba.trafficmanager.net", "smba.infra.gcc.teams.microsoft.com":
		return microsofts("login.microsoftonline.com", "graph.microsoft.com", "https://api.botframework.com/.default")
	case "smba.infra.gov.teams.microsoft.us":
		return microsofts("login.microsoftonline.us", "graph.microsoft.us", "https://api.botframework.us/.default")
	case "smba.infra.dod.teams.microsoft.us":
		return microsofts("login.microsoftonline.us", "dod-graph.microsoft.us", "https://api.botframework.us/.default")
	default:
		c := microsofts("login.microsoftonline.com", "graph.microsoft.com", "https://api.botframework.com/.default")
		gateway := url.URL{Scheme: connector.Scheme, Host: connector.Host}
		c.login, c.graph = gateway.JoinPath("login"), gateway.JoinPath("graph")
		return c
	}
}

func microsofts(login, graph, connectorScope string) cloud {
	return cloud{
		login: &url.URL{Scheme: "https", Host: login}, authority: &url.URL{Scheme: "https", Host: login}, graph: &url.URL{Scheme: "https", Host: graph},
		connectorScope: connectorScope, graphScope: "https://" + graph + "/.default",
	}
}
