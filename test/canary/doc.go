// Package canary runs the whole operator with values that are nowhere else for every secret and for
// what people type, gives it all kinds of trouble, and searches for them in everything that it says.
package canary
