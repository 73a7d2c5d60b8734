package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/passtlab/passtlab/sim/record"
	"github.com/spf13/cobra"
)

func execCommand() *cobra.Command {
	var pid int
	c := &cobra.Command{
		Use:   "exec [--lab PID] peer|pod|guest [-- COMMAND [ARG]...]",
		Short: "Run a command, or a shell, in a namespace of a lab that is up",
		Example: `  passtlab exec guest -- ip -6 address
  passtlab exec peer`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			name, argv := args[0], args[1:]
			if !slices.Contains(record.Names(), name) {
				return fmt.Errorf("exec: %q is no namespace; there are %s", name, strings.Join(record.Names(), ", "))
			}
			if len(argv) == 0 {
				argv = []string{cmp.Or(os.Getenv("SHELL"), "sh")}
			}
			r, err := record.Find(record.Folder(), pid)
			if err != nil {
				return fmt.Errorf("exec: %w", err)
			}
			code, err := r.Enter(name, argv)
			if errors.Is(err, record.ErrNotStarted) {
				fmt.Fprintln(c.ErrOrStderr(), "passtlab: exec:", err)
			} else if err != nil {
				return labFailed(err)
			}
			return exit(code)
		},
	}
	c.Flags().IntVar(&pid, "lab", 0, "process `PID` of passtlab up, when there are several")
	return c
}
