package harness

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/passtlab/passtlab/scenarios"
	"github.com/passtlab/passtlab/selector"
	"github.com/passtlab/passtlab/selector/command"
	"github.com/passtlab/passtlab/sim"
)

// childEnv makes the test binary a program with a lab that waits to be killed.
const childEnv = "PASSTLAB_HARNESS_CHILD"

// child builds a lab, prints its namespaces, and then waits in an external
// selector, which runs in the guest, until it is killed.
func child() {
	err := func() error {
		scs, err := scenarios.Corpus()
		if err != nil {
			return err
		}
		ctx := context.Background()
		lab, err := sim.New(ctx, scs[0], sim.Options{})
		if err != nil {
			return err
		}
		if err := lab.Play(ctx); err != nil {
			return err
		}
		sleeper, err := command.New("sleeper", []string{"sleep", "600"}, command.Options{Timeout: specLimit})
		if err != nil {
			return err
		}
		fmt.Println(lab.Peer.Inode(), lab.Pod.Inode(), lab.Guest.Inode())
		_, err = sleeper.Select(ctx, selector.Observation{Guest: lab.Guest})
		return fmt.Errorf("the selector came back: %w", err)
	}()
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

var _ = It("leaves no namespace and no process behind when it is killed", func() {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), childEnv+"=1")
	cmd.Stderr = GinkgoWriter
	stdout, err := cmd.StdoutPipe()
	Expect(err).NotTo(HaveOccurred())
	Expect(cmd.Start()).To(Succeed())
	DeferCleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })

	line, err := bufio.NewReader(stdout).ReadString('\n')
	Expect(err).NotTo(HaveOccurred(), "the child says which namespaces it has")
	inodes := strings.Fields(line)
	Expect(inodes).To(HaveLen(3))
	guest := inodes[2]
	// The search is worth something: it finds the child, and the selector.
	Eventually(func() int { return len(holders(guest)) }).WithTimeout(patience).Should(BeNumerically(">=", 2))

	Expect(cmd.Process.Signal(syscall.SIGKILL)).To(Succeed())
	_ = cmd.Wait() // "signal: killed"
	for _, inode := range inodes {
		Eventually(func() []string { return holders(inode) }).WithTimeout(patience).Should(BeEmpty())
	}
})

// holders returns the processes that are in a network namespace, or hold it
// by a descriptor. What no process holds, the kernel takes down.
func holders(inode string) []string {
	pids, _ := filepath.Glob("/proc/[0-9]*")
	var found []string
	for _, pid := range pids {
		links, _ := filepath.Glob(pid + "/fd/*")
		for _, link := range append(links, pid+"/ns/net") {
			// A process may end while we look.
			if to, err := os.Readlink(link); err == nil && to == "net:["+inode+"]" {
				found = append(found, pid)
				break
			}
		}
	}
	return found
}
