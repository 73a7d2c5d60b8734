package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/spf13/cobra"
)

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the versions of passtlab, of its protocol and of passt",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := io.WriteString(c.OutOrStdout(), versions())
			return err
		},
	}
}

func versions() string {
	return fmt.Sprintf("passtlab %s (%s, %s/%s)\nreport and selector protocol %s\npasst as of %s\n",
		version(), runtime.Version(), runtime.GOOS, runtime.GOARCH, selector.APIVersion, scenarios.DefaultRelease)
}

func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
