package teamsworkflow

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

const (
	whatURL     = "{service} does not take the URL of this workflow"
	whatClosed  = "{service} lets only users of the tenant start this workflow, or the URL lacks its signature"
	whatGone    = "{service} knows no such workflow"
	whatOff     = "{service} says that this workflow is turned off, or was deleted"
	whatTrigger = "{service} says that this workflow begins with something else than a message of Teams"
	whatCard    = "{service} refuses this card as it is"
	whatSize    = "{service} finds this card too large"
	whatLate    = "{service} has given up waiting for the card"

	adviceCopy    = "Copy the whole URL from the trigger of the workflow again, and put it into the Secret"
	adviceAnyone  = "Let anyone trigger the workflow, and copy its URL again, which then has a signature"
	adviceMake    = "Make the workflow again, and put its URL into the Secret"
	adviceOn      = "Turn the workflow on, or make it again and put its URL into the Secret"
	adviceTrigger = "Make the workflow from the template that sends webhook alerts to a channel"
)

// codes are what the triggers of workflows answer by a code of their own. Microsoft lists them
// nowhere: these are those that are met, and a code that is not here has the class of its status.
var codes = map[string]messenger.Error{
	"DirectApiAuthorizationRequired":      {Class: messenger.RecipientPermanent, What: whatClosed, Advice: adviceAnyone},
	"DirectApiInvalidAuthorizationScheme": {Class: messenger.RecipientPermanent, What: whatURL, Advice: adviceCopy},
	"AuthorizationFailed":                 {Class: messenger.RecipientPermanent, What: whatURL, Advice: adviceCopy},
	"WorkflowNotFound":                    {Class: messenger.RecipientPermanent, What: whatGone, Advice: adviceMake},
	"WorkflowDisabled":                    {Class: messenger.RecipientPermanent, What: whatOff, Advice: adviceOn},
	"WorkflowTriggerIsNotEnabled":         {Class: messenger.RecipientPermanent, What: whatOff, Advice: adviceOn},
	"WorkflowTriggerNotFound":             {Class: messenger.RecipientPermanent, What: whatTrigger, Advice: adviceTrigger},
	"TriggerInputSchemaMismatch":          {Class: messenger.RecipientPermanent, What: whatTrigger, Advice: adviceTrigger},
	"RequestEntityTooLarge":               {Class: messenger.ContentRejected, What: whatSize},
}

// statuses are the answers without such a code, by what they mean.
var statuses = map[int]messenger.Error{
	http.StatusBadRequest:            {Class: messenger.ContentRejected, What: whatCard},
	http.StatusUnauthorized:          {Class: messenger.RecipientPermanent, What: whatURL, Advice: adviceCopy},
	http.StatusForbidden:             {Class: messenger.RecipientPermanent, What: whatURL, Advice: adviceCopy},
	http.StatusRequestTimeout:        {Class: messenger.Transient, What: whatLate, Unclear: true},
	http.StatusGone:                  {Class: messenger.RecipientPermanent, What: whatGone, Advice: adviceMake},
	http.StatusRequestEntityTooLarge: {Class: messenger.ContentRejected, What: whatSize},
}

// outcome is what an answer below 500 means. A workflow without an answer of its own gives 202; one
// with such an answer is known by the id of its run.
func (w *Workflow) outcome(told messenger.Told, bucket messenger.Bucket) error {
	status := told.Status
	switch {
	case status == http.StatusAccepted, isSuccess(status) && runID(told.Header) != "":
		return nil
	case isSuccess(status):
		return messenger.BadResponse(callInvoke)
	case status == http.StatusTooManyRequests:
		return w.throttled(told.Header, bucket)
	}
	code, isWorkflow := codeOf(told.Body)
	if !isWorkflow && (status < http.StatusBadRequest || status == http.StatusNotFound || status == http.StatusMethodNotAllowed) {
		return messenger.NotTheService(callInvoke, status)
	}
	e, known := codes[code]
	if !known {
		e, known = statuses[status], code == "" && statuses[status].What != ""
	}
	e.Call, e.Code, e.Quoted, e.Unknown = callInvoke, code, true, !known
	if code == "" {
		e.Code = strconv.Itoa(status)
	}
	return &e
}

// throttled pauses a workflow. It is not said whether the limit is that of the workflow or of its
// owner: a second one that is refused while the first still waits speaks for all.
func (w *Workflow) throttled(header http.Header, bucket messenger.Bucket) error {
	if w.bot.Caller.Throttle.PausedElsewhere(bucket) {
		bucket.Address = ""
	}
	wait := messenger.ParseRetryAfter(header.Get("Retry-After"), messenger.DefaultRetryAfter)
	e := w.bot.Caller.ThrottledError(callInvoke, strconv.Itoa(http.StatusTooManyRequests), bucket, max(wait, minRetryAfter))
	e.Quoted = true
	return e
}

func isSuccess(status int) bool {
	return status >= http.StatusOK && status < http.StatusMultipleChoices
}

// errorCode is what codes look like. Anything else is not repeated.
var errorCode = regexp.MustCompile(`^[A-Z][A-Za-z0-9]{2,63}$`)

// codeOf reads the code of an error, and whether the answer is one of a workflow at all.
func codeOf(body []byte) (code string, isWorkflow bool) {
	var refusal struct {
		Error struct {
			Code string `json:"code"`
		} `json:"error"`
	}
	if json.Unmarshal(body, &refusal) != nil {
		return "", false
	}
	if code = strings.TrimSpace(refusal.Error.Code); errorCode.MatchString(code) {
		return code, true
	}
	return "", code != ""
}
