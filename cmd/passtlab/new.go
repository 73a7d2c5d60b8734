package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/passtlab/passtlab/scenarios"
)

func newCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "new ID",
		Short:   "Print a commented scenario to start from",
		Example: "  passtlab new mine >mine.yaml && passtlab run mine.yaml",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			text, err := scenarios.Template(args[0])
			if err != nil {
				return fmt.Errorf("new: %w", err)
			}
			_, err = fmt.Fprint(c.OutOrStdout(), text)
			return err
		},
	}
}
