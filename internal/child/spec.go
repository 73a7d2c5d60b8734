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

// Spec is a program and its surroundings. The init gets the fields with a JSON key.
type Spec struct {
	Path           string    `json:"path"` // of the program, absolute
	Args           []string  `json:"-"`    // the program's name first
	Env            []string  `json:"-"`
	Stdin          io.Reader `json:"-"`
	Stdout, Stderr io.Writer `json:"-"`
	// File, unless nil, is the program's descriptor FileFD.
	File *os.File `json:"-"`

	// Net is the program's network namespace. Nil: that of this process; then the
	// program gets a user namespace if this process may not make a PID namespace.
	Net Namespace `json:"-"`
	// Other is a second network namespace, which the program opens at OtherPath. All
	// other files of /run are hidden then.
	Other Namespace `json:"-"`
	// Fresh mounts /proc, and /sys if Net is given, for the program's namespaces. If
	// the system refuses that, as containers do, the machine's stay and the report
	// has a note.
	Fresh bool `json:"fresh,omitempty"`
	// Own are new folders, each with the text of its files by name, in subfolders if
	// the name has slashes. Only the program's user may read them, unless they are
	// Public.
	Own    map[string]map[string]string `json:"own,omitempty"`
	Public bool                         `json:"public,omitempty"`
	// Hostname is the program's host name, and Etc are files of /etc that a confined program
	// sees in place of the machine's, by name. What the machine does not have it does not see
	// either.
	Hostname string            `json:"hostname,omitempty"`
	Etc      map[string]string `json:"etc,omitempty"`
	// Hide are folders that are empty and read-only for the program.
	Hide []string `json:"hide,omitempty"`
	// Started, unless nil, is called with the place of the program's tasks, for
	// pace.Meter.Follow, and with no place at the end.
	Started func(pace.Tree) `json:"-"`
	// Confine prevents the program from changing anything that outlives it. See the
	// package documentation.
	Confine bool `json:"confine,omitempty"`
	// Keep makes Report.Disk keep the files that a confined program writes, or that another
	// one writes in the folder Lasting of Own. Disk, unless nil, is the Report.Disk of an
	// earlier run, whose files the program gets. Run empties it.
	Keep    bool     `json:"keep,omitempty"`
	Lasting string   `json:"lasting,omitempty"`
	Disk    *os.File `json:"-"`
}

// FileFD is the program's descriptor of Spec.File.
const FileFD = 3

// OtherPath is where a program finds Spec.Other.
const OtherPath = "/run/netns/other"

// Report is the result of a run.
type Report struct {
	Setup  string             `json:"setup,omitempty"` // why the preparation failed
	Notes  []string           `json:"notes,omitempty"` // what the machine cannot do
	Start  syscall.Errno      `json:"start,omitempty"` // why the program's file cannot be executed
	Status syscall.WaitStatus `json:"status"`          // of the program
	Left   int                `json:"left,omitempty"`  // processes that outlived it
	Crowd  bool               `json:"crowd,omitempty"` // it had more than MaxTasks and was killed
	// Blocked says which of its own files in Spec.Disk prevents the start.
	Blocked string `json:"blocked,omitempty"`
	// Disk is for the next run, also if the program was killed, and the caller closes
	// it. Nil: the program can have written nothing.
	Disk *os.File `json:"-"`
}
