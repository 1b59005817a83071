// Package track holds the access requests that are worked on: what is to be shown of each,
// who should hear of it, and what this process knows of each recipient.
//
// A Request puts this together with its record, and has package plan decide what is next.
// It makes no call, and asks for none: what is due it gives away as jobs for package
// dispatch, each of which becomes a Work when its turn comes. Package registry holds all
// requests.
//
// It imports plan, record and keeper, which say what a decision is made of, and the words of
// dispatch (Job, Method).
package track
