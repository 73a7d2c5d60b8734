// Package protocol is the adapter's side of passtlab's protocol for external
// selectors: the observation comes on standard input, the answer goes to standard
// output as a JSON object, and errors go to standard error. Exit status 77 means
// "unsupported".
//
// It is a module of its own, without requirements, so that an adapter is built with the
// versions that the adapted module asks for. So it does not import the observation's
// type either: an adapter that reads standard input decodes what it needs.
package protocol

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
)

// ErrUnsupported says that the adapter cannot judge the situation, such as a role that
// the adapted software does not have.
var ErrUnsupported = errors.New("unsupported")

// Answer is a choice. No address is a valid one.
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

// Main prints the answer of pick, and ends the program if there is an error.
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
