package teleport

import (
	"fmt"
	"runtime/debug"
)

// panicError is a panic that was caught. Its text has no more than the kind of
// what was thrown, since the value may hold what a person typed.
type panicError struct {
	kind  string
	stack []byte
}

// Error implements error.
func (e *panicError) Error() string {
	return "panic of kind " + e.kind
}

// protect calls do and turns a panic into an error: what Teleport sends must not
// end the process, which serves other tenants, too.
func protect[T any](do func() (T, error)) (result T, err error) {
	defer func() {
		if thrown := recover(); thrown != nil {
			err = &panicError{kind: fmt.Sprintf("%T", thrown), stack: debug.Stack()}
		}
	}()
	return do()
}
