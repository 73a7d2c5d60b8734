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

// remote is of a command that another machine runs.
var remote = regexp.MustCompile(`\bssh\s+(?:-\S+\s+)*(?:[\w.+-]+@)?(?P<host>[A-Za-z][\w.-]*)\s+\S`)

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
		if m := remote.FindStringSubmatch(t.command); m != nil {
			t.host = m[1]
		}
		return t, true
	}
	return typed{}, false
}
