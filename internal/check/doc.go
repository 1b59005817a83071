// Package check tries everything that a notifier needs, before one is run: the identity,
// Teleport and each permission there, the bot and each of its scopes, every recipient.
//
// [Run] gives a [Report], which holds no secrets. [Report.Print] and [Report.PrintJSON]
// show it; nothing else knows how it looks.
package check
