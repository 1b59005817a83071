package discord

import "github.com/accessnotifier/accessnotifier/internal/messenger"

// outcome is what one of Discord's error codes means.
type outcome struct {
	class  messenger.Class
	advice string
}

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
	adviceDirect  = "The user must share a server with the bot and allow its direct messages"
	adviceLocked  = "The thread is closed and locked; reopen it, or give the bot Manage Threads"
	adviceUnlock  = "Unlock the thread, or give the bot Manage Threads"
	adviceThreads = "Close other threads of this server, or use a channel"
	adviceFrozen  = "Discord no longer lets this message be edited"
	adviceAutoMod = "Exempt the bot from the server's AutoMod rules"
	adviceHistory = "Give the bot the permission Read Message History"
	adviceWait    = "Discord has turned this off for the moment"
	adviceVersion = "The Discord URL must end in /api/v10"
	adviceAddress = "Check the address of the Discord API, and the proxy in front of it"
	adviceBlocked = "Discord refuses calls from this address; check the proxy in front of it"
)

// notAuthor is Discord's answer to an edit of another account's message.
const notAuthor = 50005

// outcomes are Discord's documented error codes, from
// https://discord.com/developers/docs/topics/opcodes-and-status-codes. Their texts are
// Discord's; the classes are our reading of them. A code that is not listed counts as
// what its status says.
var outcomes = map[int]outcome{
	// The token cannot work. 40012, 50025 and 50026 are about tokens of other kinds
	// than a bot's; that they mean the token, not the call, is our reading.
	40001: {messenger.MessengerPermanent, adviceRevoked},
	40002: {messenger.MessengerPermanent, adviceVerify},
	40012: {messenger.MessengerPermanent, adviceBot},
	40333: {messenger.MessengerPermanent, adviceBlocked},
	50014: {messenger.MessengerPermanent, adviceRevoked},
	50025: {messenger.MessengerPermanent, adviceBot},
	50026: {messenger.MessengerPermanent, adviceBot},
	50041: {messenger.MessengerPermanent, adviceVersion},
	50178: {messenger.MessengerPermanent, adviceVerify},

	// This recipient cannot work. That a server has used its active threads up
	// (160006, 160007) lasts until some are closed: our reading.
	10003:  {messenger.RecipientPermanent, adviceChannel},
	10004:  {messenger.RecipientPermanent, adviceChannel},
	10007:  {messenger.RecipientPermanent, adviceID},
	10013:  {messenger.RecipientPermanent, adviceUser},
	20001:  {messenger.RecipientPermanent, adviceID},
	40007:  {messenger.RecipientPermanent, "Lift the bot's ban from the server"},
	40058:  {messenger.RecipientPermanent, adviceText},
	50001:  {messenger.RecipientPermanent, adviceView},
	50003:  {messenger.RecipientPermanent, adviceID},
	50007:  {messenger.RecipientPermanent, adviceDirect},
	50008:  {messenger.RecipientPermanent, adviceText},
	50009:  {messenger.RecipientPermanent, "Lower the channel's verification level for the bot"},
	50013:  {messenger.RecipientPermanent, adviceSend},
	50024:  {messenger.RecipientPermanent, adviceText},
	50033:  {messenger.RecipientPermanent, adviceID},
	50055:  {messenger.RecipientPermanent, adviceID},
	50083:  {messenger.RecipientPermanent, adviceLocked},
	50095:  {messenger.RecipientPermanent, "This server cannot be reached from the bot's location"},
	50278:  {messenger.RecipientPermanent, adviceDirect},
	60003:  {messenger.RecipientPermanent, "Turn on two-factor authentication for the owner of the bot: this server asks for it"},
	160005: {messenger.RecipientPermanent, adviceUnlock},
	160006: {messenger.RecipientPermanent, adviceThreads},
	160007: {messenger.RecipientPermanent, adviceThreads},

	// This call takes a permission that others do not.
	160002: {messenger.PermissionMissing, adviceHistory},

	// This rendering is refused.
	20009:  {messenger.ContentRejected, ""},
	40005:  {messenger.ContentRejected, ""},
	50006:  {messenger.ContentRejected, ""},
	50035:  {messenger.ContentRejected, ""},
	50109:  {messenger.ContentRejected, ""},
	200000: {messenger.ContentRejected, adviceAutoMod},
	240000: {messenger.ContentRejected, adviceAutoMod},

	// This one message is out of reach.
	10008:     {messenger.MessageGone, ""},
	notAuthor: {messenger.MessageGone, ""},
	50021:     {messenger.MessageGone, ""},

	// Too many calls. Slow mode (20016) is documented not to be for bots. 30046 is
	// about edits of messages older than an hour.
	20016: {messenger.Throttled, ""},
	20022: {messenger.Throttled, ""},
	20028: {messenger.Throttled, ""},
	20029: {messenger.Throttled, ""},
	30046: {messenger.Throttled, ""},
	40003: {messenger.Throttled, ""},
	40062: {messenger.Throttled, ""},

	// Discord is in trouble.
	40004:  {messenger.Transient, adviceWait},
	40006:  {messenger.Transient, ""},
	110001: {messenger.Transient, adviceWait},
	130000: {messenger.Transient, ""},
}

// calls are the codes that mean something else for one call. An edit that is refused
// does not mean that posts are: they take other permissions, and reopen a thread.
var calls = map[string]map[int]outcome{
	callEdit: {
		50013:  {messenger.MessageFinal, adviceSend},
		50068:  {messenger.MessageFinal, adviceFrozen},
		50083:  {messenger.MessageFinal, adviceLocked},
		50162:  {messenger.MessageFinal, adviceFrozen},
		160005: {messenger.MessageFinal, adviceUnlock},
		520003: {messenger.MessageFinal, adviceFrozen},
	},
	callReopen: {
		50013: {messenger.RecipientPermanent, adviceLocked},
	},
}

func outcomeOf(r request, code int) (meaning outcome, known bool) {
	if meaning, known = calls[r.call][code]; known {
		return meaning, true
	}
	meaning, known = outcomes[code]
	return meaning, known
}
