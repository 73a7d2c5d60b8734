package main

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"

	"github.com/passtlab/passtlab/sim/userns"
	"github.com/spf13/cobra"
)

// rootlessCommand is what make and CI start test binaries with.
func rootlessCommand() *cobra.Command {
	var always bool
	c := &cobra.Command{
		Use:    "rootless -- COMMAND [ARG]...",
		Short:  "Run a command where labs can be made: as it is with the right, otherwise in a user namespace",
		Hidden: true,
		Args:   cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, argv []string) error {
			if !always && userns.Check() == nil {
				return replace(argv)
			}
			code, err := userns.Exec(argv)
			if err != nil {
				return labFailed(err)
			}
			return exit(code)
		},
	}
	c.Flags().BoolVar(&always, "always", false, "make a user namespace even with the right")
	c.Flags().SetInterspersed(false)
	return c
}

// replace executes a command in this process's place. It returns only errors.
func replace(argv []string) error {
	path, err := exec.LookPath(argv[0])
	if err != nil {
		return err
	}
	if err := syscall.Exec(path, argv, os.Environ()); err != nil {
		return fmt.Errorf("execute %s: %w", path, err)
	}
	return nil
}
