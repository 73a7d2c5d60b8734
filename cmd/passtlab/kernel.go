package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/passtlab/passtlab/internal/vm"
)

// parallelInside is the default of --parallel in a virtual machine, whose one emulated
// processor is not faster with more labs.
const parallelInside = 4

// emulated multiplies the time limits of selectors on an emulated processor, where bash
// with jq takes 15 times as long.
const emulated = 10

type kernelFlags struct {
	kernel, modules, accel string
}

func (f *kernelFlags) add(c *cobra.Command) {
	fs := c.Flags()
	fs.StringVar(&f.kernel, "kernel", "", "run in a virtual machine that boots the kernel `VERSION`, such as 6.1, newest or a PATH with a slash (passtlab kernels)")
	fs.StringVar(&f.modules, "kernel-modules", "", "the folder `DIR` with the modules of that kernel, if they are not beside it")
	fs.StringVar(&f.accel, "accel", "tcg", "run the virtual machine's processor by `NAME`, tcg or kvm")
}

func (f *kernelFlags) check() error {
	switch {
	case !slices.Contains([]string{"tcg", "kvm"}, f.accel):
		return fmt.Errorf("--accel: %q is neither tcg nor kvm", f.accel)
	case f.kernel == "" && f.modules != "":
		return errors.New("--kernel-modules: it needs --kernel")
	}
	return nil
}

// slower returns the factor for the time limits of selectors; 0 keeps them.
func (f *kernelFlags) slower() time.Duration {
	if f.kernel == "" || f.accel != "tcg" {
		return 0
	}
	return emulated
}

// elsewhere reports whether the command has to start again on another kernel.
func (f *kernelFlags) elsewhere() bool { return f.kernel != "" && !vm.Inside() }

// run runs the command again, with the same arguments, on that kernel.
func (f *kernelFlags) run(c *cobra.Command) error {
	dir, err := vm.CacheDir()
	if err != nil {
		return fmt.Errorf("--kernel: %w", err)
	}
	k, err := vm.Find(dir, f.kernel, f.modules)
	if err != nil {
		return fmt.Errorf("--kernel: %w", err)
	}
	defer catchSignals(c)()
	code, err := vm.Run(c.Context(), vm.Config{
		Kernel: k, Args: os.Args, Accel: f.accel, Stdout: bare(c.OutOrStdout()), Stderr: bare(c.ErrOrStderr()),
		Booted: transient(c.ErrOrStderr(), "booting Linux "+k.Version),
	})
	if err != nil {
		return labFailed(err)
	}
	return exit(code)
}
