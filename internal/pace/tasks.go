package pace

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// Tree is the place of a program's tasks in a procfs.
type Tree struct {
	Proc string // the mount point of the procfs
	// Root is the process at the top. It only starts others, so it counts only while
	// it has no descendant.
	Root  int
	Alone bool // look only at Root
}

// task is one thread at one look.
type task struct {
	ran   time.Duration // time on a processor since the start
	wait  time.Duration // time of waiting for a processor
	runs  uint64        // how often it got a processor
	ready bool          // it runs or waits for a processor now
	busy  bool          // ready, or in an uninterruptible wait (a disk)
}

// read returns the tasks by number. It leaves out those that end meanwhile.
func (t Tree) read() map[int]task {
	tasks := map[int]task{}
	if t.Proc == "" {
		return tasks
	}
	if !t.Alone {
		for _, pid := range t.below() {
			t.process(pid, tasks)
		}
	}
	if len(tasks) == 0 {
		t.process(t.Root, tasks)
	}
	return tasks
}

// below returns the processes that descend from the root.
func (t Tree) below() (pids []int) {
	parents := map[int]int{}
	for _, pid := range numbers(t.Proc) {
		if f := stat(filepath.Join(t.Proc, strconv.Itoa(pid), "stat")); len(f) > 1 {
			parents[pid], _ = strconv.Atoi(string(f[1]))
		}
	}
	for pid := range parents {
		// The kernel may use a number again between two reads; the bound on steps
		// prevents an endless loop.
		for up, steps := parents[pid], 0; up != 0 && steps < len(parents); up, steps = parents[up], steps+1 {
			if up == t.Root {
				pids = append(pids, pid)
				break
			}
		}
	}
	return pids
}

func (t Tree) process(pid int, tasks map[int]task) {
	dir := filepath.Join(t.Proc, strconv.Itoa(pid), "task")
	for _, tid := range numbers(dir) {
		file := filepath.Join(dir, strconv.Itoa(tid))
		var x task
		var ran, wait uint64
		b, err := os.ReadFile(filepath.Join(file, "schedstat"))
		if err == nil {
			_, err = fmt.Sscan(string(b), &ran, &wait, &x.runs)
		}
		f := stat(filepath.Join(file, "stat"))
		if err != nil || len(f) == 0 {
			continue
		}
		x.ran, x.wait = time.Duration(ran), time.Duration(wait)
		x.ready = f[0][0] == 'R'
		x.busy = x.ready || f[0][0] == 'D'
		tasks[tid] = x
	}
}

// stat returns the fields after the program's name in a stat file: first the state,
// then the parent (proc_pid_stat(5)). The name may contain any character.
func stat(file string) [][]byte {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	return bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:])
}

func numbers(dir string) (ns []int) {
	f, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer f.Close()
	names, _ := f.Readdirnames(-1)
	for _, name := range names {
		if n, err := strconv.Atoi(name); err == nil {
			ns = append(ns, n)
		}
	}
	return ns
}
