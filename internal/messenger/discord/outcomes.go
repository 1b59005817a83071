package discord

import "github.com/accessnotifier/accessnotifier/internal/messenger"

// outcome is what one of Discord's error codes means.
type outcome struct {
	class messenger.Class
	// what and advice are those of a messenger.Error.
	what, advice string
	// notToken is messenger.Error.NotToken.
	notToken bool
}

// What happened, where more is known than that a call of its class has failed.
const (
	whatRefused    = "{service} does not accept the bot token"
	whatKind       = "{service} does not take a token of this kind"
	whatUnverified = "{service} asks for the account that owns the bot to be verified"
	whatBlocked    = "{service} refuses calls from the address that they come from"
	whatNoChannel  = "{service} knows no such channel, or hides it from the bot"
	whatNoUser     = "{service} knows no such user"
	whatNotThere   = "{service} takes no messages of a bot there"
	whatHidden     = "{service} does not let the bot see the channel"
	whatNoText     = "{service} takes no messages in a channel of this type"
	whatMayNot     = "{service} does not give the bot the permissions that it needs there"
	whatDirect     = "{service} delivers no direct messages of the bot to this user"
	whatLocked     = "{service} says that the thread is closed and locked"
	whatFull       = "{service} lets no more threads of this server be open"
	whatTooLarge   = "{service} finds this message too large"
	whatAutoMod    = "{service} says that a rule of the server's AutoMod refuses this message"
	whatFrozen     = "{service} no longer lets this message be edited"
	whatOff        = "{service} has turned this off for the moment"
	whatOften      = "{service} asks for fewer messages or edits"
)

const (
	adviceRevoked = "Replace the bot token"
	adviceBot     = "Replace the token; it must be the one of a bot"
	adviceVerify  = "Verify the account that owns the bot"
	adviceChannel = "Check the channel id, and add the bot to the server"
	adviceView    = "Give the bot the permission View Channel"
	adviceSend    = "Give the bot the permissions View Channel, Send Messages, in threads Send Messages in Threads, and Embed Links"
	adviceText    = "Name a channel or thread that holds messages"
	adviceID      = "Check the id; it must be that of a channel, or of a user who shares a server with the bot"
	adviceUser    = "Check the user id"
	adviceDirect  = "Let the user share a server with the bot and allow its direct messages"
	adviceLocked  = "Reopen the thread, or give the bot Manage Threads"
	adviceUnlock  = "Unlock the thread, or give the bot Manage Threads"
	adviceThreads = "Close other threads of this server, or use a channel"
	adviceFrozen  = "Read the outcome in the message that follows this one"
	adviceAutoMod = "Exempt the bot from the server's AutoMod rules"
	adviceHistory = "Give the bot the permission Read Message History"
	adviceWait    = "Wait, or look at Discord's status page"
	adviceVersion = "Let the Discord URL end in /api/v10"
	adviceBlocked = "Check the proxy in front of it, or wait until the ban is over"
)

// notAuthor is Discord's answer to an edit of another account's message.
const notAuthor = 50005

// outcomes are Discord's documented error codes, from
// https://discord.com/developers/docs/topics/opcodes-and-status-codes. Their texts are
// Discord's; the classes are our reading of them. A code that is not listed is unknown,
// and counts as what its status says.
var outcomes = map[int]outcome{
	// The token cannot work. 40012, 50025 and 50026 are about tokens of other kinds
	// than a bot's; that they mean the token, not the call, is our reading.
	40001: {class: messenger.MessengerPermanent, what: whatRefused, advice: adviceRevoked},
	40002: {class: messenger.MessengerPermanent, what: whatUnverified, advice: adviceVerify},
	40012: {class: messenger.MessengerPermanent, what: whatKind, advice: adviceBot},
	40333: {class: messenger.MessengerPermanent, what: whatBlocked, advice: adviceBlocked, notToken: true},
	50014: {class: messenger.MessengerPermanent, what: whatRefused, advice: adviceRevoked},
	50025: {class: messenger.MessengerPermanent, what: whatKind, advice: adviceBot},
	50026: {class: messenger.MessengerPermanent, what: whatKind, advice: adviceBot},
	50041: {
		class:    messenger.MessengerPermanent,
		what:     "{service} is called in a version of its API that it does not have",
		advice:   adviceVersion,
		notToken: true,
	},
	50178: {class: messenger.MessengerPermanent, what: whatUnverified, advice: adviceVerify},

	// This recipient cannot work. That a server has used its active threads up
	// (160006, 160007) lasts until some are closed: our reading.
	10003: {class: messenger.RecipientPermanent, what: whatNoChannel, advice: adviceChannel},
	10004: {class: messenger.RecipientPermanent, what: "{service} knows no such server, or the bot is not in it", advice: adviceChannel},
	10007: {class: messenger.RecipientPermanent, what: whatNoUser, advice: adviceID},
	10013: {class: messenger.RecipientPermanent, what: whatNoUser, advice: adviceUser},
	20001: {class: messenger.RecipientPermanent, what: whatNotThere, advice: adviceID},
	40007: {
		class:  messenger.RecipientPermanent,
		what:   "{service} says that the bot is banned from this server",
		advice: "Lift the bot's ban from the server",
	},
	40058: {class: messenger.RecipientPermanent, what: whatNoText, advice: adviceText},
	50001: {class: messenger.RecipientPermanent, what: whatHidden, advice: adviceView},
	50003: {class: messenger.RecipientPermanent, what: whatNotThere, advice: adviceID},
	50007: {class: messenger.RecipientPermanent, what: whatDirect, advice: adviceDirect},
	50008: {class: messenger.RecipientPermanent, what: whatNoText, advice: adviceText},
	50009: {
		class:  messenger.RecipientPermanent,
		what:   "{service} finds the verification level of this channel too high for the bot",
		advice: "Lower the channel's verification level for the bot",
	},
	50013: {class: messenger.RecipientPermanent, what: whatMayNot, advice: adviceSend},
	50024: {class: messenger.RecipientPermanent, what: whatNoText, advice: adviceText},
	50033: {class: messenger.RecipientPermanent, what: whatNoUser, advice: adviceID},
	50055: {class: messenger.RecipientPermanent, what: "{service} knows no such server", advice: adviceID},
	50083: {class: messenger.RecipientPermanent, what: whatLocked, advice: adviceLocked},
	50095: {
		class:  messenger.RecipientPermanent,
		what:   "{service} does not show this server to the bot's location",
		advice: "Use a channel of another server",
	},
	50278: {class: messenger.RecipientPermanent, what: whatDirect, advice: adviceDirect},
	60003: {
		class:  messenger.RecipientPermanent,
		what:   "{service} asks the owner of the bot for two-factor authentication",
		advice: "Turn on two-factor authentication for the owner of the bot: this server asks for it",
	},
	160005: {class: messenger.RecipientPermanent, what: whatLocked, advice: adviceUnlock},
	160006: {class: messenger.RecipientPermanent, what: whatFull, advice: adviceThreads},
	160007: {class: messenger.RecipientPermanent, what: whatFull, advice: adviceThreads},

	// This call takes a permission that others do not.
	160002: {class: messenger.PermissionMissing, what: "{service} does not let the bot read the channel", advice: adviceHistory},

	// This rendering is refused.
	20009:  {class: messenger.ContentRejected, what: "{service} finds a part of this message unfit to be shown"},
	40005:  {class: messenger.ContentRejected, what: whatTooLarge},
	50006:  {class: messenger.ContentRejected, what: "{service} finds this message empty"},
	50035:  {class: messenger.ContentRejected},
	50109:  {class: messenger.ContentRejected},
	200000: {class: messenger.ContentRejected, what: whatAutoMod, advice: adviceAutoMod},
	240000: {class: messenger.ContentRejected, what: whatAutoMod, advice: adviceAutoMod},

	// This one message is out of reach.
	10008:     {class: messenger.MessageGone},
	notAuthor: {class: messenger.MessageGone, what: "the message is of another account of {service}"},
	50021:     {class: messenger.MessageGone, what: "the message is one of {service} itself"},

	// Too many calls. Slow mode (20016) is documented not to be for bots. 30046 is
	// about edits of messages older than an hour.
	20016: {class: messenger.Throttled, what: whatOften},
	20022: {class: messenger.Throttled, what: whatOften},
	20028: {class: messenger.Throttled, what: whatOften},
	20029: {class: messenger.Throttled, what: whatOften},
	30046: {class: messenger.Throttled, what: whatOften},
	40003: {class: messenger.Throttled, what: whatOften},
	40062: {class: messenger.Throttled, what: whatOften},

	// Discord is in trouble.
	40004:  {class: messenger.Transient, what: whatOff, advice: adviceWait},
	40006:  {class: messenger.Transient, what: whatOff},
	110001: {class: messenger.Transient, what: whatOff, advice: adviceWait},
	130000: {class: messenger.Transient, what: "{service} is overloaded"},
}

// calls are the codes that mean something else for one call. An edit that is refused
// does not mean that posts are: they take other permissions, and reopen a thread.
var calls = map[string]map[int]outcome{
	callEdit: {
		50013:  {class: messenger.MessageFinal, what: whatMayNot, advice: adviceSend},
		50068:  {class: messenger.MessageFinal, what: whatFrozen, advice: adviceFrozen},
		50083:  {class: messenger.MessageFinal, what: whatLocked, advice: adviceLocked},
		50162:  {class: messenger.MessageFinal, what: whatFrozen, advice: adviceFrozen},
		160005: {class: messenger.MessageFinal, what: whatLocked, advice: adviceUnlock},
		520003: {class: messenger.MessageFinal, what: whatFrozen, advice: adviceFrozen},
	},
	callReopen: {
		50013: {class: messenger.RecipientPermanent, what: whatLocked, advice: adviceLocked},
	},
}

func outcomeOf(r request, code int) (meaning outcome, known bool) {
	if meaning, known = calls[r.call][code]; known {
		return meaning, true
	}
	meaning, known = outcomes[code]
	return meaning, known
}
