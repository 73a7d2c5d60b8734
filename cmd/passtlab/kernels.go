package main

import (
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/passtlab/passtlab/internal/vm"
)

func kernelsCommand() *cobra.Command {
	var f format
	c := &cobra.Command{
		Use:   "kernels",
		Short: "List the kernels that run --kernel can boot",
		Long: `Kernels lists the kernels in the cache. passtlab run --kernel VERSION boots the
newest of them whose version begins with VERSION. In a checkout of passtlab

  scripts/fetch-kernels.sh 6.1

fetches another one from Debian. It works on Debian and Ubuntu without root, and
installs nothing. On other systems, or for a kernel of your own, give --kernel a
path. passtlab looks for the modules beside the image and in
/lib/modules/VERSION; --kernel-modules names another folder. Besides the needs of
labs, the kernel needs FUSE and a virtio console, as modules or built in.`,
		Example: `  passtlab kernels
  passtlab run --kernel 6.1 label:core
  passtlab run --kernel /boot/vmlinuz-5.14.0-503.el9.x86_64 label:core`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			dir, err := vm.CacheDir()
			if err != nil {
				return err
			}
			ks, err := vm.Cached(dir)
			if err != nil {
				return err
			}
			if ks == nil {
				ks = []vm.Kernel{}
			}
			return f.print(c, ks, func(w io.Writer) error { return listKernels(w, dir, ks) })
		},
	}
	f.add(c, "table", "json")
	return c
}

func listKernels(w io.Writer, dir string, ks []vm.Kernel) error {
	if len(ks) == 0 {
		_, err := fmt.Fprintf(w, "no kernel is in %s; scripts/fetch-kernels.sh 6.1 fetches one, see passtlab kernels --help\n", dir)
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "VERSION\tSIZE\tPACKAGE\tFOLDER")
	for _, k := range ks {
		folder := filepath.Dir(k.Image)
		size, err := sizeOf(folder)
		if err != nil {
			return err
		}
		packages, _, _ := strings.Cut(k.Package, "\n")
		fmt.Fprintf(t, "%s\t%d MiB\t%s\t%s\n", k.Version, size>>20, packages, folder)
	}
	fmt.Fprintln(t, "\nMore: scripts/fetch-kernels.sh VERSION..., or run --kernel PATH; see passtlab kernels --help")
	return t.Flush()
}

func sizeOf(dir string) (n int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		st, err := d.Info()
		if err == nil {
			n += st.Size()
		}
		return err
	})
	return n, err
}
