package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// Read reads a plugin's file from disk, as Parse does. Of one that is wrong it also tells
// which files that it names cannot be read: all has to be mended at once.
func Read(name string, all messenger.Registry) (*File, []Problem) {
	content, err := readFile(name)
	if err != nil {
		return &File{Name: name}, []Problem{{File: name, Message: "The configuration " + err.Error()}}
	}
	file, problems := Parse(name, content, all)
	if !Usable(problems) {
		_, unread := file.credentials()
		_, more := file.readSecrets()
		problems = sorted(slices.Concat(problems, unread, more))
	}
	return file, problems
}

// readFile reads a file. Its errors go on from the name of the file, and say what to do.
func readFile(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, readError(err)
	}
	if info.IsDir() {
		return nil, errors.New("is a directory: name a file in it")
	}
	if !info.Mode().IsRegular() {
		// One that is written into by another process would be waited for.
		return nil, errors.New("is no regular file")
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, readError(err)
	}
	defer func() { _ = file.Close() }()
	content, err := io.ReadAll(io.LimitReader(file, maxSize+1))
	switch {
	case err != nil:
		return nil, readError(err)
	case len(content) > maxSize:
		return nil, fmt.Errorf("is larger than %d KiB, so it cannot be what it is named for", maxSize>>10)
	default:
		return content, nil
	}
}

func readError(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errors.New("does not exist: check the path, and whether it has been written yet")
	case errors.Is(err, fs.ErrPermission):
		return errors.New("may not be read by this user: change its owner or mode, or those of the directories above it")
	}
	return fmt.Errorf("cannot be read: %w", cause(err))
}

// cause is an error without the name of the file, which is told already.
func cause(err error) error {
	if pathError, ok := errors.AsType[*fs.PathError](err); ok {
		return pathError.Err
	}
	return err
}
