package status

import "time"

// UndeliveredMessage is a message that some recipient should have been shown, and why it was not.
type UndeliveredMessage struct {
	// Request is the id of the access request.
	Request string
	// Recipient is the recipient as the rules name it, or else the id of its address; empty
	// while the recipients of the request cannot all be resolved.
	Recipient string
	// Since is when this process heard of what the recipient was not shown.
	Since time.Time
	// FailedAt is when the call failed that Reason is about, zero for any other reason.
	FailedAt time.Time
	// Reason is one of the constants below, Message a sentence.
	Reason, Message string
}

// Reasons why a message is not delivered yet.
const (
	// WaitingCallFailed: the last call for it, or another one that it waits for, has failed.
	WaitingCallFailed = "CallFailed"
	// WaitingRecipient: its recipient cannot be resolved.
	WaitingRecipient = "RecipientUnresolved"
	// WaitingRecord: Teleport did not store the claim that precedes a call.
	WaitingRecord = "RecordNotStored"
	// WaitingOther: another operator has claimed the call.
	WaitingOther = "ClaimedByOther"
	// WaitingSettlement: the last call for it may still have an effect.
	WaitingSettlement = "AwaitingSettlement"
	// WaitingTurn: its turn has not come.
	WaitingTurn = "Queued"
)
