package config

// Line returns the line of a key by its path, 0 if the file does not have it.
func (f *File) Line(path ...string) int { return f.lines[join(path...)] }

// ReadFile reads a file that is to be parsed later. Its errors go on from the name of the
// file.
func ReadFile(name string) ([]byte, error) { return readFile(name) }
