package message

import (
	"errors"
	"net/url"
	"regexp"
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// What a template of links may hold besides what every link has.
const (
	placeOfID      = "{id}"
	placeOfCluster = "{cluster}"
)

// linkTemplate has no character that is markup in a link of some service, and none that would
// make an address of it that cannot be shown. Placeholders come after the host, so that it is
// the operator who says where a link leads.
var linkTemplate = regexp.MustCompile(`^https://[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?/([A-Za-z0-9._/?&=:+,;$-]|%[0-9A-Fa-f]{2}|\{id\}|\{cluster\})*$`)

// CheckLink returns an error that says what a template of links must be like.
func CheckLink(template string) error {
	if !linkTemplate.MatchString(template) || !strings.Contains(template, placeOfID) {
		return errors.New("must be an address that begins with https:// and holds {id}, such as https://teleport.example.com/web/requests/{id}")
	}
	return nil
}

// url is the address of a request's page, or empty where there is none.
func (w Wording) url(c accessrequest.Cluster, id string) string {
	if w.Link == "" {
		return webURL(c, id)
	}
	if !plainID(id) {
		return ""
	}
	// What QueryEscape leaves as it is, is safe in a path as well, but for the plus.
	cluster := strings.ReplaceAll(url.QueryEscape(CleanLine(c.Name)), "+", "%20")
	return strings.NewReplacer(placeOfID, id, placeOfCluster, cluster).Replace(w.Link)
}
