// Package migrate makes AccessNotifiers, or values of our chart, of what Teleport's own
// access plugins are configured by: the TOML file on a host, or the values of their
// Helm charts.
//
// [Translate] makes a [Notifier] of each input, and a [Target] writes them. What has no counterpart is a warning. Secrets are written only if that
// is asked for; else the command that creates them is, which repeats none of them.
package migrate
