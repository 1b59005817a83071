// Package keeper keeps the record of one access request in a store by compare-and-swap. A
// Keeper applies what its process has learned to what other processes have stored, grants
// claims, and remembers when it saw the claims of others.
package keeper
