package teams

import "github.com/accessnotifier/accessnotifier/internal/messenger"

// outcome is what a code means.
type outcome struct {
	class messenger.Class
	// what and advice are those of a messenger.Error.
	what, advice string
	// notToken is messenger.Error.NotToken.
	notToken bool
}

const (
	whatNotIn     = "{service} does not let the bot sign in"
	whatUnknown   = "{service} knows no such channel or chat, or it was deleted"
	whatNotAdded  = "{service} says that the bot is not in this channel or chat"
	whatMayNot    = "{service} does not let the bot do this there"
	whatBlocked   = "{service} says that this conversation is closed to the bot"
	whatBadCard   = "{service} refuses this message as it is"
	whatNoMessage = "{service} no longer has the message"
	whatBadQuery  = "{service} cannot make anything of the recipient"

	adviceAdd     = "Add the bot's app to the team of the channel, or to the chat"
	adviceInstall = "Install the bot's app for this person: by a setup policy in the Teams admin center, or let them add it"
	adviceUnblock = "Let the person, or the owners of the team, allow the bot again"
	adviceUser    = "Check the address, and that the person has an account in this tenant"
	adviceChannel = "Check the link or id of the channel"
	adviceMayPost = "Let apps post in this channel: its settings may keep them from it"
	adviceGraph   = "Grant the app the application permission User.Read.All of Microsoft Graph, with an administrator's consent; or name people by object id"
	adviceSecret  = "Replace the client secret by one that works: its value, not its id"
	// adviceCertificate is for a certificate that cannot be used any more.
	adviceCertificate = "Put a certificate that is valid and its private key into the Secret, and add the certificate to the app in Microsoft Entra"
	adviceApp         = "Compare appID and tenantID with the app's page in Microsoft Entra"
	adviceBot         = "Create the Azure Bot of this app, and turn on its channel Microsoft Teams"
	adviceFollows     = "Read the outcome in the message that follows this one"
)

// unauthorized is a token that the connector does not take.
var unauthorized = outcome{
	class: messenger.MessengerPermanent, what: "{service} does not take the bot's token", advice: adviceBot,
}

// codeDenied is Microsoft Graph's code for a permission that the app lacks.
const codeDenied = "Authorization_RequestDenied"

// outcomes are the codes of the connector, from
// https://learn.microsoft.com/microsoftteams/platform/bots/build-conversational-capability#status-codes-from-bot-conversational-apis,
// and those of Microsoft Graph for users, from https://learn.microsoft.com/graph/resolve-auth-errors and
// https://learn.microsoft.com/graph/errors. The classes are our reading of them.
var outcomes = map[string]outcome{
	// Nothing works.
	"BotNotRegistered": {class: messenger.MessengerPermanent, what: "{service} knows no bot of this app", advice: adviceBot},
	"Unauthorized":     unauthorized,
	"BotDisabledByAdmin": {
		class: messenger.MessengerPermanent, what: "{service} says that an administrator of the tenant has turned this bot off",
		advice: "Allow the bot's app in the Teams admin center", notToken: true,
	},
	"InvalidBotApiHost": {
		class: messenger.MessengerPermanent, what: "{service} does not serve this tenant, which is one of a government cloud",
		advice: "Set serviceURL to the address of that cloud, for GCC the one at smba.infra.gcc.teams.microsoft.com", notToken: true,
	},

	// This recipient does not work.
	"BotNotInConversationRoster": {class: messenger.RecipientPermanent, what: whatNotAdded, advice: adviceAdd},
	"ForbiddenOperationException": {
		class: messenger.RecipientPermanent, what: "{service} says that the bot is not installed for this person", advice: adviceInstall,
	},
	"ConversationBlockedByUser": {class: messenger.RecipientPermanent, what: whatBlocked, advice: adviceUnblock},
	"MessageWritesBlocked":      {class: messenger.RecipientPermanent, what: whatBlocked, advice: adviceUnblock},
	"NotEnoughPermissions":      {class: messenger.RecipientPermanent, what: whatMayNot, advice: adviceMayPost},
	"ConversationNotFound":      {class: messenger.RecipientPermanent, what: whatUnknown, advice: adviceChannel},

	// This one message does not work.
	"BadArgument":       {class: messenger.ContentRejected, what: whatBadCard},
	"BadSyntax":         {class: messenger.ContentRejected, what: whatBadCard},
	"MessageSizeTooBig": {class: messenger.ContentRejected, what: "{service} finds this message too large"},

	"ActivityNotFoundInConversation": {class: messenger.MessageGone, what: whatNoMessage},

	// Several calls about one conversation came at once.
	"PreconditionFailed": {class: messenger.Transient, what: "{service} is busy with this conversation"},

	// Microsoft Graph.
	codeDenied: {class: messenger.RecipientPermanent, what: "{service} does not let the bot look people up", advice: adviceGraph},
	"Request_ResourceNotFound": {
		class: messenger.RecipientPermanent, what: "{service} knows no such person", advice: adviceUser,
	},
	"Request_BadRequest":         {class: messenger.RecipientPermanent, what: whatBadQuery, advice: adviceUser},
	"BadRequest":                 {class: messenger.RecipientPermanent, what: whatBadQuery, advice: adviceUser},
	"Request_UnsupportedQuery":   {class: messenger.RecipientPermanent, what: whatBadQuery, advice: adviceUser},
	"InvalidAuthenticationToken": {class: messenger.Transient, what: "{service} asks the bot to sign in again before it looks people up"},
}

// edits are the codes that mean something else where a message is to be changed, or replied to: what
// is gone there is the message, or its thread. Only a message of its own can the bot change.
var edits = map[string]outcome{
	"ConversationNotFound": {class: messenger.MessageGone, what: whatNoMessage},
	"NotEnoughPermissions": {class: messenger.MessageFinal, what: "{service} does not let the bot edit this message", advice: adviceFollows},
}

// meaningOf returns what a code means to a call, and whether it is known.
func meaningOf(r request, code string) (meaning outcome, known bool) {
	if r.call == callUpdate || r.call == callReply {
		if meaning, known = edits[code]; known {
			return meaning, true
		}
	}
	meaning, known = outcomes[code]
	if meaning.class == messenger.ContentRejected && !r.sends() {
		// There is nothing in the call but whom it names.
		meaning = outcome{class: messenger.RecipientPermanent, what: whatBadQuery, advice: adviceUser}
	}
	return meaning, known
}

// signIns are the codes of Microsoft Entra, from
// https://learn.microsoft.com/entra/identity-platform/reference-error-codes. They may change, as that
// page says: one that is not listed is tried again.
var signIns = map[string]outcome{
	"AADSTS7000215": {class: messenger.MessengerPermanent, what: "{service} does not take the client secret", advice: adviceSecret},
	"AADSTS7000222": {
		class: messenger.MessengerPermanent, what: "{service} says that the client secret has expired",
		advice: "Create a new client secret for the app, and put it in the place of the old one",
	},
	"AADSTS7000216": {class: messenger.MessengerPermanent, what: "{service} finds no client secret", advice: adviceSecret},
	"AADSTS700027": {
		class: messenger.MessengerPermanent, what: "{service} does not know the bot's certificate",
		advice: "Add the certificate to the app in Microsoft Entra, under Certificates & secrets",
	},
	"AADSTS50012": {
		class: messenger.MessengerPermanent, what: "{service} does not take the bot's certificate",
		advice: "Add the certificate to the app in Microsoft Entra, under Certificates & secrets",
	},
	"AADSTS700024": {
		class: messenger.MessengerPermanent, what: "{service} says that what the bot signed with its certificate is not valid now",
		advice: "Set the clock of this machine", notToken: true,
	},
	"AADSTS700021": {class: messenger.MessengerPermanent, what: "{service} says that the certificate is for another app", advice: adviceApp},
	"AADSTS700023": {
		class: messenger.MessengerPermanent, what: "{service} says that what the bot signed with its certificate is for another cloud",
		advice: "Check that serviceURL is of the cloud that the tenant is in", notToken: true,
	},
	"AADSTS700016":  {class: messenger.MessengerPermanent, what: "{service} knows no such app in this tenant", advice: adviceApp},
	"AADSTS7000229": {class: messenger.MessengerPermanent, what: "{service} knows no such app in this tenant", advice: adviceApp},
	"AADSTS7000112": {
		class: messenger.MessengerPermanent, what: "{service} says that the app is disabled",
		advice: "Let an administrator enable the app in Microsoft Entra", notToken: true,
	},
	"AADSTS90002":  {class: messenger.MessengerPermanent, what: "{service} knows no such tenant", advice: adviceApp},
	"AADSTS900023": {class: messenger.MessengerPermanent, what: "{service} knows no such tenant", advice: adviceApp},
	"AADSTS53003": {
		class: messenger.MessengerPermanent, what: "{service} says that a policy of conditional access keeps the bot out",
		advice: "Let the policy for workload identities allow the app from where the operator runs", notToken: true,
	},
	"AADSTS500011": {
		class: messenger.MessengerPermanent, what: "{service} knows no Bot Framework in this tenant, or no Microsoft Graph",
		advice: "Check that serviceURL is of the cloud that the tenant is in", notToken: true,
	},
	"AADSTS50196": {class: messenger.Transient, what: "{service} finds that the bot signs in too often"},
	"AADSTS90033": {class: messenger.Transient, what: "{service} cannot let the bot sign in for the moment"},
}
