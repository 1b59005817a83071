package messenger

import "github.com/accessnotifier/accessnotifier/internal/dialguard"

// errPublicAddress is what a guard of private networks refuses.
const errPublicAddress dialguard.AddressError = "public"

// refusedAddress returns the error for a call that was not made, since it would
// have led to where no chat service can be.
func refusedAddress(call string, e dialguard.AddressError) *Error {
	if e == errPublicAddress {
		return &Error{
			Class:    MessengerPermanent,
			Call:     call,
			Code:     string(e) + "_address",
			What:     "connections to {service} are not allowed, since it leads out of private networks without TLS",
			Advice:   "Use https, or let the operator allow the network that the cluster's Services are in",
			NotToken: true,
		}
	}
	return &Error{
		Class:    MessengerPermanent,
		Call:     call,
		Code:     string(e) + "_address",
		What:     "connections to {service} are not allowed, since it leads to where no chat service of others can be",
		Advice:   "Name a host at whose address a chat service can be, not one of this machine or its network link, or let the operator allow its network",
		NotToken: true,
	}
}
