package observe

import "regexp"

// typed is a command line.
type typed struct {
	host    string // the name of the machine, where the prompt has it
	command string
}

const sign = `[$#%❯➜>λ»]`

// prompts are the forms of a command line. host and command are the groups.
var prompts = []*regexp.Regexp{
	// user@host:~$ ip a, [root@host ~]# ip a, (env) user@host ~ % ip a
	regexp.MustCompile(`^\s*(?:\([^)]*\)\s*)?\[?[\w.+-]+@(?P<host>[\w.-]+)[^$#%❯➜>λ»<]*` + sign + `\s*(?P<command>.*)$`),
	// $ ip a, # ip a
	regexp.MustCompile(`^\s*` + sign + `(?:\s+(?P<command>.*))?$`),
	// / # ip a, ~$ ip a
	regexp.MustCompile(`^\s*[~/][\w./~-]*\s*[#$%❯➜](?:\s+(?P<command>.*))?$`),
	// bash-5.1# ip a
	regexp.MustCompile(`^\s*(?:ba|a|z|da|k)?sh-[\d.]+[$#]\s*(?P<command>.*)$`),
	// host:~ # ip a
	regexp.MustCompile(`^\s*(?P<host>[\w.-]+):[~/]\S*\s*[#$%]\s*(?P<command>.*)$`),
	// PS C:\> kubectl get node
	regexp.MustCompile(`^\s*(?:PS )?[A-Za-z]:\\[^>]*>\s*(?P<command>.*)$`),
	// host# ip a
	regexp.MustCompile(`^\s*(?P<host>[\w.-]+)` + sign + `\s+(?P<command>(?:sudo|ip|kubectl|talosctl|passtlab|ifconfig|hostname|nmcli|networkctl|cat|ssh)\s.*)$`),
	// ip a, without a prompt
	regexp.MustCompile(`^\s*(?P<command>(?:sudo\s+)?(?:/\S*/|busybox\s+)?ip\s+(?:-\S+\s+)*(?:a|ad|addr|address|r|ro|route|l|link|n|neigh|ru|rule)(?:\s.*)?)$`),
	regexp.MustCompile(`^\s*(?P<command>(?:kubectl|talosctl)\s+(?:-.*\s)?(?:get|describe|exec|debug)\s.*|cat\s+/proc/net/\S+|hostname\s+-I|passtlab\s+observe.*)$`),
}

// remote are the forms of a command that another machine or a pod runs.
var remote = []*regexp.Regexp{
	regexp.MustCompile(`\bssh\s+(?:-\S+\s+)*(?:[\w.+-]+@)?([A-Za-z][\w.-]*)\s+\S`),
	regexp.MustCompile(`\b(?:kubectl|oc|k|docker|podman|crictl)\s.*?\bexec\s+(?:-(?:n|c)\s+\S+\s+|--(?:namespace|container)\s+\S+\s+|-\S+\s+)*(?:pods?/)?([A-Za-z0-9][\w.-]*)\s+\S`),
	regexp.MustCompile(`\b(?:kubectl|oc|k)\s.*?\bdebug\s+(?:-\S+\s+)*nodes?/([\w.-]+)`),
}

// prompted returns the command line that a line is.
func prompted(text string) (typed, bool) {
	for _, p := range prompts {
		m := p.FindStringSubmatch(text)
		if m == nil {
			continue
		}
		var t typed
		if i := p.SubexpIndex("host"); i > 0 {
			t.host = m[i]
		}
		t.command = m[p.SubexpIndex("command")]
		for _, r := range remote {
			if m := r.FindStringSubmatch(t.command); m != nil {
				t.host = m[1]
			}
		}
		return t, true
	}
	return typed{}, false
}
