// Package teleporttest runs a Teleport Auth server in the test's own process.
//
// It speaks Teleport's gRPC interface over mutual TLS, so the real API client
// connects to it, and it answers as a real server was measured to answer: the
// recordings are in testdata, and the package's own tests replay them. What it
// does not implement it refuses as Unimplemented.
//
// [Start] gives a server, [Server.Identity] an identity for a client. Tests
// then drive it through gRPC or through the methods of [Server], and break it
// with the methods in faults.go. Everything is safe for concurrent use.
package teleporttest
