package canary

import (
	"crypto/sha256"
	"encoding/hex"
)

const (
	// mark begins the words of Word.
	mark = "cnry"
	// wordLength is that of such a word.
	wordLength = len(mark) + 32
)

// Word is a canary that a name stands for: the same each time, and nowhere else. It has letters and
// digits only, so that it stands as it is in JSON, URLs, HTML and quotation marks.
func Word(name string) string {
	sum := sha256.Sum256([]byte("canary " + name))
	return mark + hex.EncodeToString(sum[:])[:wordLength-len(mark)]
}
