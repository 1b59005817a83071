// Package messengertest holds simulators of the chat services: the Slack Web
// API, the Discord REST API v10 and the Mattermost REST API v4, as far as a
// notifier needs them. They serve tests, the fault suite, benchmarks and the
// demo, and depend on nothing but the standard library.
//
// The simulators are strict: what the real service refuses, they refuse, with
// the documented status, code and body. Where a service's behaviour is not
// documented they take the reading that a client has the hardest time with:
// lengths are counted in UTF-16 units for Slack, Slack's reading methods take no
// JSON, and Discord's nonce is unique per author rather than per channel. Beside what
// is refused stands where that is documented.
//
// What a reader would see is the same for all three: a list of Posts, with the
// text flattened and all who would have been pinged. Faults are switched
// at run time.
package messengertest
