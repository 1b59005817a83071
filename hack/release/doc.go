// Package release tests the scripts in its directory, which are the steps of a release: it
// runs those that the workflow runs, in its order, in a copy of the sources with a tag of its
// own, and then takes what was published as a user does. The registry is in memory; cosign
// and gh, which need an account, are stand-ins that record how they are called.
package release
