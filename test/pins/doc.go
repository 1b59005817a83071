// Package pins tests that what builds, tests and publishes the project is named by what it
// is, not by a name that others can give to something new: actions by commit, images
// by digest. It also holds workflows to the least that they may do.
package pins
