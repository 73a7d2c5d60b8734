package main

import (
	"github.com/passtlab/passtlab/suites/report"
	"github.com/spf13/cobra"
)

func reportCommand() *cobra.Command {
	c := &cobra.Command{Use: "report", Short: "Work with JSON reports"}
	c.AddCommand(reportShowCommand(), reportMergeCommand())
	return c
}

func reportShowCommand() *cobra.Command {
	var out output
	c := &cobra.Command{
		Use:   "show FILE",
		Short: "Print a report in another format",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := out.check(); err != nil {
				return err
			}
			r, err := report.Read(args[0])
			if err != nil {
				return err
			}
			return out.write(c, r.Write)
		},
	}
	out.format.add(c, report.Formats()...)
	out.addAll(c)
	return c
}

func reportMergeCommand() *cobra.Command {
	var out output
	c := &cobra.Command{
		Use:   "merge FILE...",
		Short: "Put the reports of all shards of a run together",
		Long: `Merge makes one report of several, and prints it. Of two verdicts it keeps the
worse one. The shards have to belong to one run, and to be complete.

Exit status: that of the whole run; 2 a file is no report; 3 a shard is missing,
or belongs to another run.`,
		Example: `  passtlab report merge --format json --output report.json report-*.json`,
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, files []string) error {
			if err := out.check(); err != nil {
				return err
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
			if err := out.open(); err != nil {
				return err
			}
			defer out.file.Discard()
			if err := out.write(c, r.Write); err != nil {
				return err
			}
			return exit(r.ExitStatus())
		},
	}
	out.add(c, "report", report.Formats())
	out.addAll(c)
	return c
}
