package child

import (
	"io"
	"os"
	"syscall"

	"github.com/passtlab/passtlab/internal/pace"
)

// Namespace is a network namespace.
type Namespace interface {
	// Do runs f on a thread inside it.
	Do(f func() error) error
}

// Spec is what to run, and where. What has a key in JSON goes to the init as it is.
type Spec struct {
	Path           string    `json:"path"` // of the program, absolute
	Args           []string  `json:"-"`    // the program's name first
	Env            []string  `json:"-"`
	Stdin          io.Reader `json:"-"`
	Stdout, Stderr io.Writer `json:"-"` // get what the program prints
	// File, unless nil, is the program's descriptor FileFD.
	File *os.File `json:"-"`

	// Net is the network namespace that the program runs in. Nil: this process's
	// own. Then a user namespace is made where there is no right to make a PID
	// namespace.
	Net Namespace `json:"-"`
	// Other is a second network namespace, for the program to open at
	// OtherPath, beside which there is nothing in /run.
	Other Namespace `json:"-"`
	// Fresh mounts anew, for the program alone, what shows its namespaces:
	// /proc, and /sys if Net is given. Where the system refuses, as containers
	// do, the machine's stay and the report has a note.
	Fresh bool `json:"fresh,omitempty"`
	// Own are folders that the program has to itself, each with the text of its
	// files by name, which may be in folders of their own. Only the program's
	// user may read them.
	Own map[string]map[string]string `json:"own,omitempty"`
	// Hide are folders that are empty and read-only for the program.
	Hide []string `json:"hide,omitempty"`
	// Started, unless nil, is told where the program's tasks are found, for
	// pace.Meter.Follow, and at the end that there are none any more.
	Started func(pace.Tree) `json:"-"`
	// Confine leaves the program no means to change what outlives it, but for
	// the network's packets. See the package documentation.
	Confine bool `json:"confine,omitempty"`
	// Keep has Report.Disk hold what a confined program writes, and Disk, unless
	// nil, is that of an earlier run: the program finds its files again. Run takes
	// them out of Disk, which is of no use any more.
	Keep bool     `json:"keep,omitempty"`
	Disk *os.File `json:"-"`
}

// FileFD is the program's descriptor of Spec.File.
const FileFD = 3

// OtherPath is where a program finds Spec.Other.
const OtherPath = "/run/netns/other"

// Report is how it went.
type Report struct {
	Setup  string             `json:"setup,omitempty"` // what could not be made ready
	Notes  []string           `json:"notes,omitempty"` // what was done without
	Start  syscall.Errno      `json:"start,omitempty"` // what is wrong with the program's file
	Status syscall.WaitStatus `json:"status"`          // how the program ended
	Left   int                `json:"left,omitempty"`  // processes that outlived it
	Crowd  bool               `json:"crowd,omitempty"` // it was killed for having more than MaxTasks
	// Blocked says that the program cannot be started because of what it has
	// written to Spec.Disk.
	Blocked string `json:"blocked,omitempty"`
	// Disk is for the next run, and for the caller to close. It is there also if
	// the program was killed; nil: nothing can have been written.
	Disk *os.File `json:"-"`
}
