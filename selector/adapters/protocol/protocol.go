// Package protocol is the adapter's side of passtlab's protocol for external
// selectors: the observation comes on standard input, the answer goes to
// standard output as a JSON object, exit status 77 means "unsupported", and any
// other failure is told on standard error.
//
// It is a module of its own, without requirements, so that an adapter is built
// with exactly the versions that the adapted module asks for. For the same
// reason it does not import the observation's type: an adapter that looks at
// standard input, rather than at the kernel, decodes what it needs.
package protocol

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
)

// ErrUnsupported is wrapped by what cannot be judged at all, such as a role
// that the adapted software does not have.
var ErrUnsupported = errors.New("unsupported")

// Answer is what was chosen. No address is a valid choice.
type Answer struct {
	Addresses []netip.Addr `json:"addresses"`
	Reason    string       `json:"reason,omitempty"`
}

// None chooses no address.
func None(reason string) (Answer, error) {
	return Answer{Addresses: []netip.Addr{}, Reason: reason}, nil
}

// Pick chooses one address, in its textual form.
func Pick(address, reason string) (Answer, error) {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return Answer{}, err
	}
	return Answer{Addresses: []netip.Addr{a.Unmap()}, Reason: reason}, nil
}

// Main answers with what pick chooses, and ends the program.
func Main(pick func(observation io.Reader) (Answer, error)) {
	answer, err := pick(os.Stdin)
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(answer)
	}
	switch {
	case errors.Is(err, ErrUnsupported):
		fmt.Fprintln(os.Stderr, err)
		os.Exit(77)
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
