package messengertest

import (
	"net/http"
	"strings"
)

// googleSpace is what an app sees of a space.
func googleSpace(c *channel) map[string]any {
	space := map[string]any{"name": "spaces/" + c.id, "type": "ROOM", "spaceType": "SPACE", "displayName": c.name}
	if c.direct {
		space = map[string]any{"name": "spaces/" + c.id, "type": "DM", "spaceType": "DIRECT_MESSAGE", "singleUserBotDm": true}
	}
	return space
}

// seen returns a space that the app is in, or why it is not shown. One that was deleted is none.
func (g *GoogleChat) seen(c *call) (*channel, *response) {
	in := g.channelByID[c.params["space"]]
	var refusal response
	switch {
	case in == nil || in.archived:
		refusal = googleRefusal(http.StatusNotFound, "NOT_FOUND", "")
	case !in.member:
		refusal = googleRefusal(http.StatusForbidden, "PERMISSION_DENIED", "")
	default:
		return in, nil
	}
	return nil, &refusal
}

func (g *GoogleChat) getSpace(c *call) response {
	in, refusal := g.seen(c)
	if refusal != nil {
		return *refusal
	}
	return jsonResponse(http.StatusOK, googleSpace(in))
}

func (g *GoogleChat) listSpaces(*call) response {
	var spaces []any
	for _, each := range g.channels {
		if each.member && !each.archived && len(spaces) == 0 {
			spaces = append(spaces, googleSpace(each))
		}
	}
	if len(spaces) == 0 {
		// Empty lists are left out.
		return jsonResponse(http.StatusOK, map[string]any{})
	}
	return jsonResponse(http.StatusOK, map[string]any{"spaces": spaces})
}

// findDirectMessage finds the direct messages that exist: a person has some who has opened a chat
// with the app, or for whom an administrator has installed it.
func (g *GoogleChat) findDirectMessage(c *call) response {
	name, ok := strings.CutPrefix(c.http.URL.Query().Get("name"), "users/")
	if !ok || name == "" || strings.ContainsAny(name, "/ ") {
		return googleInvalid("name")
	}
	person := g.userByID[name]
	if strings.Contains(name, "@") {
		person = g.userByEmail(name)
	}
	if person == nil || person.bot || person.deactivated || person.noDirect {
		return googleRefusal(http.StatusNotFound, "NOT_FOUND", "")
	}
	found, _ := g.directWith(person.id)
	return jsonResponse(http.StatusOK, googleSpace(found))
}

// listMembers lists the people of direct messages; those of other spaces are none of our affair.
func (g *GoogleChat) listMembers(c *call) response {
	in, refusal := g.seen(c)
	if refusal != nil {
		return *refusal
	}
	if filter := c.http.URL.Query().Get("filter"); filter != `member.type = "HUMAN"` {
		return googleInvalid("filter " + filter)
	}
	memberships := []any{}
	if in.direct {
		memberships = append(memberships, map[string]any{
			"name": "spaces/" + in.id + "/members/" + in.user, "state": "JOINED", "role": "ROLE_MEMBER",
			"member": map[string]string{"name": "users/" + in.user, "type": "HUMAN"},
		})
	}
	return jsonResponse(http.StatusOK, map[string]any{"memberships": memberships})
}
