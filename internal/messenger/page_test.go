package messenger

import (
	"errors"
	"slices"
	"testing"
)

func TestReadPageAsksForLess(t *testing.T) {
	failed := errors.New("failed")
	for name, tt := range map[string]struct {
		// fits is the largest page that can be read.
		fits  int
		err   error
		asked []int
		want  error
	}{
		"at once":         {fits: 100, asked: []int{100}},
		"after a while":   {fits: 15, asked: []int{100, 50, 25, 12}},
		"one by one":      {fits: 1, asked: []int{100, 50, 25, 12, 6, 3, 1}},
		"never":           {fits: 0, asked: []int{100, 50, 25, 12, 6, 3, 1}, want: ErrCannotLook},
		"another failure": {fits: 50, err: failed, asked: []int{100, 50}, want: failed},
	} {
		t.Run(name, func(t *testing.T) {
			var asked []int
			size := 100
			_, err := ReadPage(&size, func(size int) (string, error) {
				asked = append(asked, size)
				if size > tt.fits {
					return "", &Error{Code: CodeTooLarge}
				}
				return "page", tt.err
			})
			if !errors.Is(err, tt.want) || !slices.Equal(asked, tt.asked) || size != asked[len(asked)-1] {
				t.Errorf("ReadPage = %v after asking for %v, left at %d; want %v after %v", err, asked, size, tt.want, tt.asked)
			}
		})
	}
}
