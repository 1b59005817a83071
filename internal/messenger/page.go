package messenger

import "net/http"

// CodeTooLarge is the code of an answer that is larger than is read. Who asked for
// a page can ask for a smaller one; see ReadPage.
const CodeTooLarge = "response_too_large"

// tooLarge is the error for an answer that is larger than is read. A request that
// only reads has had no effect.
func tooLarge(request *http.Request, call string) *Error {
	return &Error{
		Class: Transient, Call: call, Code: CodeTooLarge, What: whatTooLarge,
		Unclear: !readsOnly(request),
	}
}

// readsOnly reports whether the method of a request is one that has no effect.
func readsOnly(request *http.Request) bool {
	return request.Method == http.MethodGet || request.Method == http.MethodHead
}

// ReadPage reads a page of at most *size items, and asks for half as many for as
// long as the answer is too large to be read. *size is then what was asked for
// last: the pages after it are hardly smaller.
//
// Others decide how large a page of a channel's history is. One item that alone is
// too large gives ErrCannotLook: to ask again would give the same for ever.
func ReadPage[P any](size *int, read func(size int) (P, error)) (P, error) {
	for {
		page, err := read(*size)
		if !HasCode(err, CodeTooLarge) {
			return page, err
		}
		if *size <= 1 {
			return page, ErrCannotLook
		}
		*size /= 2
	}
}
