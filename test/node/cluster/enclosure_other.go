//go:build !linux

package cluster

import (
	"context"
	"errors"
)

func runEnclosed(context.Context, []string) (int, error) { return 0, errors.ErrUnsupported }

func furnish() error { return errors.ErrUnsupported }
