package process

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// Account is a user to run servers as. The zero value is the present one.
type Account struct {
	credential *syscall.Credential
}

// Unprivileged returns the present user or, if that is root, one with fewer
// rights: PostgreSQL refuses to run as root.
func Unprivileged() (Account, error) {
	if os.Geteuid() != 0 {
		return Account{}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(found.Uid, 10, 32)
		if err != nil {
			continue
		}
		gid, err := strconv.ParseUint(found.Gid, 10, 32)
		if err != nil {
			continue
		}
		return Account{&syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
	}
	return Account{}, errors.New("there is neither a user postgres nor a user nobody to run servers as: run this as another user than root")
}

// Own gives everything at and below a directory to the account.
func (a Account) Own(directory string) error {
	if a.credential == nil {
		return nil
	}
	uid, gid := int(a.credential.Uid), int(a.credential.Gid)
	err := filepath.WalkDir(directory, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, uid, gid)
	})
	if err != nil {
		return fmt.Errorf("giving a directory to another user: %w", err)
	}
	return nil
}
