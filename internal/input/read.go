package input

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// ErrSize is wrapped if a file is larger than the limit.
var ErrSize = errors.New("too large")

// Read reads all of r, which has at most limit bytes.
func Read(r io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(data)) > limit {
		return nil, fmt.Errorf("%w: it has more than %s; is it the file you meant?", ErrSize, size(limit))
	}
	return data, err
}

// ReadFile reads the named file, which has at most limit bytes.
func ReadFile(name string, limit int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := Read(f, limit)
	if errors.Is(err, ErrSize) {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return data, err
}

func size(n int64) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}
