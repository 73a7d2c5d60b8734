package main

import (
	"fmt"

	"github.com/passtlab/passtlab/suites/report"
	"github.com/spf13/cobra"
)

func reportCommand() *cobra.Command {
	c := &cobra.Command{Use: "report", Short: "Work with reports that were written as JSON"}
	c.AddCommand(reportShowCommand(), reportMergeCommand())
	return c
}

func reportShowCommand() *cobra.Command {
	var format string
	var all bool
	c := &cobra.Command{
		Use:   "show FILE",
		Short: "Print a report in another format",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			f, err := report.ParseFormat(format)
			if err != nil {
				return fmt.Errorf("--format: %w", err)
			}
			r, err := report.Read(args[0])
			if err != nil {
				return err
			}
			out := bare(c.OutOrStdout())
			return r.Write(out, f, report.Style{Colour: colourful(out), All: all})
		},
	}
	c.Flags().StringVar(&format, "format", string(report.FormatTable), "`FORMAT`: table, json, junit or markdown")
	addAll(c, &all)
	return c
}

func reportMergeCommand() *cobra.Command {
	var format, output string
	var all bool
	c := &cobra.Command{
		Use:   "merge FILE...",
		Short: "Put the reports of all shards of a run together",
		Long: `Merge makes one report of several, and prints it. Verdicts only worsen. Shards
have to be of one run, and complete.

Exit status: that of the run as a whole; 2 a file that is no report; 3 a shard
is missing, or is of another run.`,
		Example: `  passtlab report merge --format json --output report.json report-*.json`,
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, files []string) error {
			f, err := report.ParseFormat(format)
			if err != nil {
				return fmt.Errorf("--format: %w", err)
			}
			var parts []report.Part
			for _, file := range files {
				r, err := report.Read(file)
				if err != nil {
					return err
				}
				parts = append(parts, report.Part{Name: file, Report: r})
			}
			r, err := report.Merge(parts...)
			if err != nil {
				return labFailed(err)
			}
			out, err := newOutput(output)
			if err != nil {
				return err
			}
			defer out.Discard()
			if err := writeOutput(c, out, f, all, r.Write); err != nil {
				return err
			}
			return exit(r.ExitStatus())
		},
	}
	c.Flags().StringVar(&format, "format", string(report.FormatTable), "`FORMAT`: table, json, junit or markdown")
	c.Flags().StringVar(&output, "output", "", "write the report to `FILE`, and the table to standard output; -: the report to standard output")
	addAll(c, &all)
	return c
}

// addAll adds the flag of commands that print a table of a report.
func addAll(c *cobra.Command, all *bool) {
	c.Flags().BoolVar(all, "all", false, "show every scenario, failure and known failure in the table, also where a summary by topic is shorter")
}
