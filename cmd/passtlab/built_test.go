package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// builtEnv names the passtlab that make build has made of these sources.
const builtEnv = "PASSTLAB_BUILT"

// buildFolder holds the one that a test has built; TestMain removes it.
var buildFolder string

var build = sync.OnceValues(func() (string, error) {
	if file := os.Getenv(builtEnv); file != "" {
		return file, nil
	}
	var err error
	if buildFolder, err = os.MkdirTemp("", "passtlab-built"); err != nil {
		return "", err
	}
	file := filepath.Join(buildFolder, "passtlab")
	cmd := exec.Command("go", "build", "-trimpath", "-o", file, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return file, nil
})

// built returns the path of passtlab as users have it: static, and without the
// race detector, whose processes take five times as long to start.
func built(t *testing.T) string {
	t.Helper()
	file, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return file
}
