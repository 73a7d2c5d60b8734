package main

import (
	"fmt"
	"io"
	"slices"

	"github.com/passtlab/passtlab/internal/outfile"
	"github.com/passtlab/passtlab/internal/visible"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/observe"
	"github.com/spf13/cobra"
)

// defaultRole is the role whose choice is in the Node object.
const defaultRole = string(scenarios.RoleKubelet)

func observeCommand() *cobra.Command {
	var role, output string
	c := &cobra.Command{
		Use:   "observe",
		Short: "Print the observation that a selector would get on this node, as JSON",
		Long: `Observe prints links, addresses and IPv6 routes of this node as the JSON object
that selectors get. It needs no rights and changes nothing. passtlab pick --from
reads the output.`,
		Example: `  passtlab observe --output node1.json
  ssh node1 passtlab observe | passtlab pick --from -`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := checkRole(role); err != nil {
				return err
			}
			o, err := observe.Read(selector.Here)
			if err != nil {
				return labFailed(err)
			}
			o.Role = role
			if output == "" || standardOutput(output) {
				return visible.JSON(c.OutOrStdout(), o)
			}
			if err := outfile.Write(output, func(w io.Writer) error { return visible.JSON(w, o) }); err != nil {
				return fmt.Errorf("--output: %w", err)
			}
			return nil
		},
	}
	c.Flags().StringVar(&role, "role", defaultRole, fmt.Sprintf("`ROLE`: who wants the address, one of %v; node is for /etc/hosts and the host name, kubelet for the Node object", scenarios.Roles()))
	c.Flags().StringVar(&output, "output", "", "write to `FILE`, - for standard output")
	return c
}

func checkRole(role string) error {
	if !slices.Contains(scenarios.Roles(), scenarios.Role(role)) {
		return fmt.Errorf("--role: %q is none of %v", role, scenarios.Roles())
	}
	return nil
}
