// Package e2e tests this program against real services on 127.0.0.1: a Mattermost
// server with PostgreSQL, and Postfix in the package of its own below this one.
// "make test-e2e" builds what they need and runs the tests, which carry the build
// tag e2e; nothing else does.
//
// Teleport stays simulated: what its simulator does was recorded from real ones.
package e2e
