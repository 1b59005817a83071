// Package config reads the files that Teleport's own access plugins are configured
// by, and makes of them the spec that an AccessNotifier object becomes, too.
//
// A file is parsed without looking at the files that it names, so that one can be
// translated on another machine than it is used on. All that is wrong with a file is
// told at once, with file and line, and without repeating a secret.
//
// # Trade-offs
//
//   - go-toml tells positions only through its package unstable, which may change with
//     any version. It alone is used for lines; values come from the stable part. The
//     other well-kept library tells the position of a syntax error only.
//   - The messenger's section and most of its keys derive from its Descriptor. What the
//     plugins had besides is in one table, former.go.
package config
