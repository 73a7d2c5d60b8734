# shellcheck shell=bash disable=SC2154
# Sourced by the scripts that download Debian packages of other suites than the
# machine's. They use an apt configuration of their own, with the machine's Debian
# mirror (or deb.debian.org), and install nothing; apt checks the signatures.
#
# The caller has set work, an empty folder, and suites and security, the suites to
# read; it has a function fail.
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# sources: one line "SUITE URI KEYRING" for each suite of the machine's sources,
# of both formats; KEYRING is - where none is named.
sources() {
    local file
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        [ ! -f "$file" ] || awk '$1 == "deb" {
            key = "-"
            if (match($0, /signed-by=[^], ]+/)) key = substr($0, RSTART + 10, RLENGTH - 10)
            sub(/\[[^]]*\]/, "")
            print $3, $2, key
        }' "$file"
    done
    for file in /etc/apt/sources.list.d/*.sources; do
        [ ! -f "$file" ] || awk '
            function put(  i, s) {
                for (i = split(suites, s); i > 0; i--) if (types ~ /deb( |$)/ && uri != "") print s[i], uri, key
                types = uri = suites = ""; key = "-"
            }
            BEGIN { key = "-" }
            /^[ \t]*$/ { put() }
            tolower($1) == "types:" { $1 = ""; types = $0 }
            tolower($1) == "uris:" { uri = $2 }
            tolower($1) == "suites:" { $1 = ""; suites = $0 }
            tolower($1) == "signed-by:" && $2 ~ /^\// { key = $2 }
            END { put() }' "$file"
    done
}

# mirror SUFFIX DEFAULT: "URI KEYRING" by which the machine has the suite of its
# own release with that suffix.
mirror() {
    local id='' codename='' found=''
    # shellcheck disable=SC1091
    id=$(. /etc/os-release && echo "${ID:-}") codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    if [ "$id" = debian ]; then
        found=$(sources | awk -v suite="$codename$1" '$1 == suite { print $2, $3; exit }')
    fi
    echo "${found:-$2 -}"
}

# configure writes the apt configuration $work/apt.conf. Of the machine's it
# keeps how things are downloaded, such as a proxy, and none of its hooks.
configure() {
    mkdir -p "$work"/{lists,cache/archives,state,etc}/partial
    : >"$work/status"
    apt-config dump Acquire >"$work/apt.conf"
    cat >>"$work/apt.conf" <<EOF
Dir::State "$work/state"; Dir::State::Lists "$work/lists"; Dir::State::status "$work/status";
Dir::Cache "$work/cache"; Dir::Etc::SourceList "$work/etc/sources.list"; Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Main "/dev/null"; Dir::Etc::Parts "/dev/null"; Dir::Etc::Preferences "/dev/null"; Dir::Etc::PreferencesParts "/dev/null";
APT::Architecture "amd64"; APT::Architectures { "amd64"; }; APT::Sandbox::User "$(id -un)";
Acquire::Languages "none"; Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
EOF
    local uri key suite
    while read -r uri key suite; do
        [ -n "$uri" ] || continue
        [ "$key" != - ] || key=$keyring
        [ -e "$key" ] || fail "there is no $key; as root: apt-get install debian-archive-keyring"
        echo "deb [signed-by=$key] $uri $suite main"
    done <<EOF >"$work/etc/sources.list"
$(for suite in "${suites[@]}"; do echo "$(mirror '' http://deb.debian.org/debian) $suite"; done)
$(for suite in "${security[@]}"; do echo "$(mirror -security http://deb.debian.org/debian-security) $suite"; done)
EOF
    export APT_CONFIG=$work/apt.conf
    # A suite that the mirror does not have is no reason to do without others.
    apt-get -qq update 2>"$work/update.log" || true
}
