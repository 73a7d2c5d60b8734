package hostile

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// attack is a program that tries to change something.
type attack struct {
	name string
	do   func(canaries string) error
	// want is in what the program ends with.
	want  string
	proof proof
}

// proof is what shows that an attack would do something if it were not confined.
type proof int

const (
	// unproved: what it does could not be contained, or is the program's own
	// misfortune, or the machine may lack what it takes.
	unproved proof = iota
	// works: it is not refused.
	works
	// noticed: it works, and the check notices.
	noticed
)

// What most attacks end with.
const (
	refused  = "refused: "
	harmless = "<nil>" // it worked, for the program alone
)

var attacks = slices.Concat(networkAttacks, trafficAttacks, fileAttacks, mountAttacks, initAttacks, ipcAttacks, rightAttacks, resourceAttacks)

// sh has a shell do it.
func sh(script string) func(string) error {
	return func(string) error {
		out, err := exec.Command("/bin/sh", "-c", script).CombinedOutput()
		if err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		return nil
	}
}

// all is the first error of several ways, none of which may work: nil if one did.
func all(ways ...error) error {
	for _, err := range ways {
		if err == nil {
			return nil
		}
	}
	var words []string
	for _, err := range ways {
		words = append(words, err.Error())
	}
	return errors.New(strings.Join(words, "; "))
}

// write opens an existing file to write to it.
func write(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}
