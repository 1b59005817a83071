// Package process runs servers for tests as an unprivileged user, and ends them
// whatever happens to the tests.
package process
