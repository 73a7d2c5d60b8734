package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

func main() {
	var o struct {
		Addresses []struct{ Address, Scope string }
	}
	if err := json.NewDecoder(os.Stdin).Decode(&o); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for _, a := range o.Addresses {
		v6 := a.Scope == "global" && strings.Contains(a.Address, ":")
		if v6 && (os.Args[1] == "first" || strings.HasSuffix(a.Address, "/128")) {
			fmt.Println(a.Address)
			return
		}
	}
	fmt.Println("none")
}
