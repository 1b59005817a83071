package googlechat

import "github.com/accessnotifier/accessnotifier/internal/messenger"

// outcome is what a refusal of Google means.
type outcome struct {
	class messenger.Class
	// what and advice are those of a messenger.Error.
	what, advice string
	// notToken is messenger.Error.NotToken.
	notToken bool
	// foreign is messenger.Error.Foreign.
	foreign bool
}

// What happened, where more is known than that a call of its class has failed.
const (
	whatAccess     = "{service} does not accept the access token of the service account"
	whatKey        = "{service} does not accept the key of the service account"
	whatAPIOff     = "the Google Chat API is turned off in the Google Cloud project of the app, as {service} says"
	whatNoApp      = "{service} knows no Chat app of this Google Cloud project"
	whatNotLetIn   = "{service} does not let the Chat app in"
	whatProject    = "{service} does not serve the Google Cloud project of the app"
	whatPolicy     = "a policy of the organization does not let the app use {service}"
	whatNotInSpace = "{service} says that the app is not in the space, or may not post there"
	whatNoSpace    = "{service} knows no such space"
	whatNoDirect   = "{service} has no direct messages of this person with the app, or knows no such person"
	whatNoName     = "{service} cannot make anything of the recipient"
	whatMayNotEdit = "{service} does not let the app edit this message"
	whatClosed     = "{service} takes no messages of the app in this space"
	whatTaken      = "{service} has another message of the same id, which the app may not see"
)

const (
	adviceAccess    = "Check that the service account is not disabled, and make a new key"
	adviceKey       = "Make a new key of the service account, and compare the operator's clock"
	adviceAPI       = "Turn on the Google Chat API in the project of the service account"
	adviceApp       = "Configure the Chat app on the Configuration tab of the Google Chat API, in the project of the service account"
	adviceProject   = "Look at the project of the service account in the Google Cloud console: whether it is there, and its billing"
	advicePolicy    = "Ask the administrator of the organization to let the service account use Google Chat"
	adviceAdd       = "Add the app to the space, and let its members post there"
	adviceSpace     = "Check the space, which is spaces/ and an id as in its URL, and add the app to it"
	adviceDirect    = "Let the person open a chat with the app once, or let an administrator of Google Workspace install it for the organization"
	adviceRecipient = "Write spaces/ and the id of a space, the URL of a space, an e-mail address, or users/ and the id of a person"
	adviceEdit      = "Add the app to the space"
	adviceClosed    = "Let apps post in the space, or use another"
)

// outcomes are Google's codes: those of google.rpc.Code, and reasons of google.rpc.ErrorInfo from
// google/api/error_reason.proto. What they are for is Google's documentation; the classes are
// our reading. What is not listed is unknown, and counts as transient. Codes that come with a
// status in the 500s are transient whatever they are.
var outcomes = map[string]outcome{
	// The key cannot work, or the app.
	"UNAUTHENTICATED":                 {class: messenger.MessengerPermanent, what: whatAccess, advice: adviceAccess},
	"ACCESS_TOKEN_EXPIRED":            {class: messenger.MessengerPermanent, what: whatAccess, advice: adviceAccess},
	"ACCESS_TOKEN_SCOPE_INSUFFICIENT": {class: messenger.MessengerPermanent, what: whatAccess, advice: adviceAccess},
	"ACCESS_TOKEN_TYPE_UNSUPPORTED":   {class: messenger.MessengerPermanent, what: whatAccess, advice: adviceAccess},
	"CREDENTIALS_MISSING":             {class: messenger.MessengerPermanent, what: whatAccess, advice: adviceAccess},
	"ACCOUNT_STATE_INVALID":           {class: messenger.MessengerPermanent, what: whatAccess, advice: adviceAccess},
	"SERVICE_DISABLED":                {class: messenger.MessengerPermanent, what: whatAPIOff, advice: adviceAPI, notToken: true},
	"BILLING_DISABLED":                {class: messenger.MessengerPermanent, what: whatProject, advice: adviceProject, notToken: true},
	"CONSUMER_INVALID":                {class: messenger.MessengerPermanent, what: whatProject, advice: adviceProject, notToken: true},
	"CONSUMER_SUSPENDED":              {class: messenger.MessengerPermanent, what: whatProject, advice: adviceProject, notToken: true},
	"USER_PROJECT_DENIED":             {class: messenger.MessengerPermanent, what: whatProject, advice: adviceProject, notToken: true},
	"ORG_RESTRICTION_VIOLATION":       {class: messenger.MessengerPermanent, what: whatPolicy, advice: advicePolicy, notToken: true},
	"SECURITY_POLICY_VIOLATED":        {class: messenger.MessengerPermanent, what: whatPolicy, advice: advicePolicy, notToken: true},
	callSpaces + " NOT_FOUND":         {class: messenger.MessengerPermanent, what: whatNoApp, advice: adviceApp, notToken: true},
	callSpaces + " PERMISSION_DENIED": {class: messenger.MessengerPermanent, what: whatNotLetIn, advice: adviceApp, notToken: true},

	// This recipient cannot work. That an app is not configured is told by Check.
	"PERMISSION_DENIED":                {class: messenger.RecipientPermanent, what: whatNotInSpace, advice: adviceAdd},
	"NOT_FOUND":                        {class: messenger.RecipientPermanent, what: whatNoSpace, advice: adviceSpace},
	"FAILED_PRECONDITION":              {class: messenger.RecipientPermanent, what: whatClosed, advice: adviceClosed},
	callDirect + " NOT_FOUND":          {class: messenger.RecipientPermanent, what: whatNoDirect, advice: adviceDirect},
	callDirect + " PERMISSION_DENIED":  {class: messenger.RecipientPermanent, what: whatNoDirect, advice: adviceDirect},
	callMembers + " PERMISSION_DENIED": {class: messenger.PermissionMissing, what: whatNotInSpace, advice: adviceAdd},

	// This rendering is refused.
	"INVALID_ARGUMENT": {class: messenger.ContentRejected},
	"OUT_OF_RANGE":     {class: messenger.ContentRejected},

	// This one message is out of reach, or can no longer be edited: an app may edit its own, in
	// spaces that it is in.
	callRead + " NOT_FOUND":           {class: messenger.MessageGone},
	callEdit + " NOT_FOUND":           {class: messenger.MessageGone},
	callEdit + " PERMISSION_DENIED":   {class: messenger.MessageFinal, what: whatMayNotEdit, advice: adviceEdit, foreign: true},
	callEdit + " FAILED_PRECONDITION": {class: messenger.MessageFinal, what: whatMayNotEdit, advice: adviceEdit},

	// Too many calls.
	"RESOURCE_EXHAUSTED":      {class: messenger.Throttled},
	"RATE_LIMIT_EXCEEDED":     {class: messenger.Throttled},
	"RESOURCE_QUOTA_EXCEEDED": {class: messenger.Throttled},

	// This passes. A post whose id is taken is looked up before.
	"ABORTED":        {class: messenger.Transient},
	"CANCELLED":      {class: messenger.Transient},
	"ALREADY_EXISTS": {class: messenger.Transient, what: whatTaken},
}

// meaning returns what a refusal means to a call, the code that says so, and whether that is
// known. Without a code, something else than Google has answered.
func (r refusal) meaning(call string) (meaning outcome, code string, known bool) {
	for _, code := range []string{r.reason, r.status} {
		for _, key := range []string{call + " " + code, code} {
			if meaning, known := outcomes[key]; known {
				return meaning, code, true
			}
		}
	}
	return outcome{class: messenger.Transient}, r.status, false
}

// grants are the errors of the endpoint for access tokens, from RFC 6749, section 5.2, and
// https://developers.google.com/identity/protocols/oauth2/service-account#error-codes. None of
// them ends by itself. Google gives invalid_grant also for an assertion of another time.
var grants = map[string]outcome{
	"invalid_grant":          {what: whatKey, advice: adviceKey},
	"invalid_client":         {what: whatKey, advice: adviceKey},
	"deleted_client":         {what: whatKey, advice: adviceKey},
	"disabled_client":        {what: whatKey, advice: adviceAccess},
	"unauthorized_client":    {what: whatKey, advice: adviceAccess},
	"admin_policy_enforced":  {what: whatPolicy, advice: advicePolicy, notToken: true},
	"org_internal":           {what: whatPolicy, advice: advicePolicy, notToken: true},
	"access_denied":          {what: whatPolicy, advice: advicePolicy, notToken: true},
	"invalid_scope":          {what: whatNotLetIn, advice: adviceAPI, notToken: true},
	"invalid_request":        {what: whatKey, advice: adviceKey},
	"unsupported_grant_type": {what: whatKey, advice: adviceKey},
}
