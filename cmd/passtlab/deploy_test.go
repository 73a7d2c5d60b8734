package main

import (
	"os"
	"os/exec"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// job is the part of batch/v1 Job that the manifest uses; a key that is not
// here is a mistake, until it is looked up and added.
type job struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string
	Metadata   struct{ Name string }
	Spec       struct {
		CompletionMode          string `yaml:"completionMode"`
		Completions             int
		Parallelism             int
		BackoffLimitPerIndex    *int `yaml:"backoffLimitPerIndex"`
		ActiveDeadlineSeconds   int  `yaml:"activeDeadlineSeconds"`
		TTLSecondsAfterFinished int  `yaml:"ttlSecondsAfterFinished"`
		Template                struct {
			Spec struct {
				RestartPolicy                string `yaml:"restartPolicy"`
				AutomountServiceAccountToken *bool  `yaml:"automountServiceAccountToken"`
				HostUsers                    *bool  `yaml:"hostUsers"`
				Containers                   []struct {
					Name, Image     string
					Command, Args   []string
					Env             []struct{ Name, Value string }
					SecurityContext securityContext `yaml:"securityContext"`
					Resources       struct{ Requests, Limits map[string]string }
				}
			}
		}
	}
}

func TestIndexedJob(t *testing.T) {
	file, err := os.Open("../../deploy/indexed-job.yaml")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	d := yaml.NewDecoder(file)
	d.KnownFields(true)
	var j job
	if err := d.Decode(&j); err != nil {
		t.Fatal(err)
	}
	s, pod := j.Spec, j.Spec.Template.Spec
	switch {
	case j.APIVersion != "batch/v1" || j.Kind != "Job" || j.Metadata.Name == "":
		t.Errorf("no Job: %s %s %q", j.APIVersion, j.Kind, j.Metadata.Name)
	case s.CompletionMode != "Indexed" || s.Completions < 2 || s.Parallelism != s.Completions:
		t.Errorf("%s, %d completions, %d at once", s.CompletionMode, s.Completions, s.Parallelism)
	case s.BackoffLimitPerIndex == nil || *s.BackoffLimitPerIndex != 0 || pod.RestartPolicy != "Never":
		t.Errorf("a failing shard is tried again, or ends the others: %+v", s) // backoffLimitPerIndex needs Never
	case len(pod.Containers) != 1:
		t.Fatalf("%d containers", len(pod.Containers))
	}
	c := pod.Containers[0]
	if c.Name == "" || c.Image == "" || len(c.Env) != 1 || c.Env[0].Name != "COUNT" || c.Env[0].Value != strconv.Itoa(s.Completions) {
		t.Errorf("container %+v", c)
	}
	// It asks for the rights of the page, whose container is run by TestContainerLines.
	if hostUsers, want := podOfPage(t, readPage(t)); !reflect.DeepEqual(c.SecurityContext, want) || !reflect.DeepEqual(pod.HostUsers, hostUsers) {
		t.Errorf("securityContext %+v, hostUsers %v; %s has %+v", c.SecurityContext, pod.HostUsers, containersPage, want)
	}

	// The command, run as each of the pods does, makes shards of one run.
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/passtlab", []byte("#!/bin/sh\necho \"$@\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	argv := slices.Concat(c.Command, c.Args)
	for i, a := range argv {
		argv[i] = strings.Replace(a, "/dev/termination-log", dir+"/termination-log", 1)
	}
	for index := range s.Completions {
		cmd := exec.Command(argv[0], argv[1:]...)
		cmd.Env = []string{"PATH=" + dir + ":" + os.Getenv("PATH"), "COUNT=" + c.Env[0].Value, "JOB_COMPLETION_INDEX=" + strconv.Itoa(index)}
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		args := strings.Fields(string(out))
		want := []string{"run", "--shard", strconv.Itoa(index+1) + "/" + strconv.Itoa(s.Completions), "--format", "json"}
		if !slices.Equal(args, append(want, c.Args...)) {
			t.Errorf("index %d: %q", index, args)
		}
		// They are arguments that passtlab run knows.
		if err := newRun(nil).ParseFlags(args[1:]); err != nil {
			t.Errorf("index %d: %v", index, err)
		}
	}
}
