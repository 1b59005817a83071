// Package host runs one notifier on a Linux host, as a plugin's file says. It is to such
// a file what controllers are to an AccessNotifier object: it makes the supervisor's spec
// of it, keeps the spec up with the files that are named in it, and reports how the
// notifier is doing, here in the log.
//
// # What is read when
//
//   - The configuration is read at the start and when the process is told to reload. A
//     wrong one ends the process at the start; later, the last good one stays.
//   - Identity and token files are read when they change, and every now and then: tbot
//     writes into the file that there is, a rename or another link replaces it, and what
//     is behind a link is not seen to change. Half-written content is left alone until
//     it is whole. What cannot be used keeps nothing else from being used.
package host
