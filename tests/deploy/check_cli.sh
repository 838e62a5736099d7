#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The command line as it is installed: completions of the shells, the kubectl plugin, the bug report.
set -uo pipefail

cd "$(dirname "$0")/../.." || exit
. tests/deploy/lib.sh
TOP=$PWD
BUILD=$(realpath "$BUILD")
CTL=$BUILD/parallaxctl

[[ -x $CTL ]] || { echo "SKIP cli: $CTL is not built" && exit 0; }

# ------------------------------------------------------------------ completions

for shell in bash zsh fish kubectl; do
	"$CTL" completion $shell >"$tmp/$shell"
done

# A parallaxctl that names one network and one service.
mkdir "$tmp/bin"
cat >"$tmp/bin/parallaxctl" <<'EOF'
#!/bin/sh
case $* in
"completion networks") echo network2 ;;
"completion services") echo 10.20.194.146:5000 ;;
esac
EOF
chmod +x "$tmp/bin/parallaxctl"

# offered LINE: what bash offers at its end, sorted, in one line
offered() {
	PATH=$tmp/bin:$PATH bash -c '
		compopt() { :; }
		. "$1"
		COMP_LINE=$2 COMP_POINT=${#2} COMP_WORDS=() COMP_CWORD=0
		_parallaxctl
		printf "%s\n" "${COMPREPLY[@]}"' bash "$tmp/bash" "$1" | sort | paste -sd ' '
}

verbs() { "$CTL" help | sed -n 's/^  \([a-z]*\) .*/\1/p'; }

bash_offers() {
	local line expected
	while IFS='|' read -r line expected; do
		[[ $(offered "$line") == "$expected" ]] && continue
		echo "'$line': $(offered "$line"), expected: $expected"
		return 1
	done <<-'EOF'
		parallaxctl fl|flows
		parallaxctl  en|endpoints
		parallaxctl --pin-dir status fl|flows
		parallaxctl flows --st|--state
		parallaxctl flows --state |closing established opening
		parallaxctl ep --state |active draining excluded
		parallaxctl fl --network n|network2
		parallaxctl -o |json table wide yaml
		parallaxctl gw -o y|yaml
		parallaxctl gw --output=y|yaml
		parallaxctl gw --output |json table wide yaml
		parallaxctl explain 10.|10.20.194.146:5000
		parallaxctl explain 10.20.194.146:|5000
		parallaxctl svc --wa|--watch
		parallaxctl uninstall --|--force --help --output --pin-dir --version
		parallaxctl help comp|completion
		parallaxctl completion |bash fish kubectl zsh
		parallaxctl elephant |
	EOF
	[[ $(offered "parallaxctl ") == "$(verbs | sort | paste -sd ' ')" ]] ||
		{ echo "verbs: $(offered "parallaxctl ")" && return 1; }
}

# Every flag of every verb is in each script.
completions_are_whole() {
	local verb flag
	for verb in $(verbs); do
		for flag in $("$CTL" help "$verb" | grep -oE '^  (-., )?--[a-z-]+' | grep -oE -- '--.*'); do
			grep -q -- "$flag" "$tmp/bash" && grep -q -- "$flag" "$tmp/zsh" &&
				grep -q -- "-l ${flag#--}" "$tmp/fish" && continue
			echo "$verb $flag is missing in a script"
			return 1
		done
	done
}

fish_line() {
	HOME=$tmp fish --no-config -c 'source $argv[1]; complete -C $argv[2]' "$tmp/fish" "$1" | cut -f1 |
		grep -v '^-' | paste -sd ' '
}
fish_offers() {
	[[ $(fish_line "parallaxctl fl") == flows && $(fish_line "parallaxctl flows --state o") == opening &&
		$(fish_line "parallaxctl gw --output y") == yaml ]]
}

zsh_loads() {
	[[ $(HOME=$tmp zsh -fc 'autoload -Uz compinit && compinit -u -D && source $1 &&
		print ${_comps[parallaxctl]}' zsh "$tmp/zsh") == _parallaxctl ]]
}

passes completions_are_whole completions_are_whole
passes completion_bash_syntax bash -n "$tmp/bash"
passes completion_bash_offers bash_offers
if needs zsh completion_zsh; then
	passes completion_zsh_syntax zsh -n "$tmp/zsh"
	passes completion_zsh_loads zsh_loads
fi
if needs fish completion_fish; then
	passes completion_fish_syntax fish -n "$tmp/fish"
	passes completion_fish_offers fish_offers
fi

# ------------------------------------------------------------------ tables in the documents

# headers FILE...: the lines of column names, one space between two; "…" stands for some of them
headers() { grep -hE '^[A-Z]+( [A-Z]+)*  +[A-Z]+[A-Z0-9 …]*$' "$@" | sed 's/  */ /g' | sort -u; }

# columns_are_true FILE...: each table has the columns of a golden table
columns_are_true() {
	local header pattern
	headers tests/data/ctl/*.txt >"$tmp/golden"
	headers "$@" >"$tmp/told" && (($(wc -l <"$tmp/told") > 0)) || return
	while read -r header; do
		pattern=${header//…/.*}
		grep -x "$pattern" "$tmp/golden" >/dev/null || { echo "no table of parallaxctl has: $header" && return 1; }
	done <"$tmp/told"
}

printf 'NETWORK  GATEWAY  SHARE\n' >"$tmp/table.md"
passes documents_show_our_columns columns_are_true docs/*.md README.md
refuses documents_columns_fault "no table of parallaxctl has: NETWORK GATEWAY SHARE" columns_are_true "$tmp/table.md"

# ------------------------------------------------------------------ installed files

installs() {
	make -s BUILD="$BUILD" DESTDIR="$tmp/root" PREFIX=/usr install-files >"$tmp/install" 2>&1 ||
		{ cat "$tmp/install" && return 1; }
	local share=$tmp/root/usr/share
	cmp "$tmp/bash" "$share/bash-completion/completions/parallaxctl" &&
		cmp "$tmp/zsh" "$share/zsh/site-functions/_parallaxctl" &&
		cmp "$tmp/fish" "$share/fish/vendor_completions.d/parallaxctl.fish" &&
		cmp "$tmp/kubectl" "$tmp/root/usr/bin/kubectl_complete-parallax" &&
		cmp deploy/kubectl-parallax "$tmp/root/usr/bin/kubectl-parallax" &&
		[[ -x $tmp/root/usr/bin/kubectl-parallax && -x $tmp/root/usr/bin/kubectl_complete-parallax && -e $share/man/man8/parallaxctl.8 &&
			-e $share/man/man1/kubectl-parallax.1 ]]
}
passes make_install installs

# ------------------------------------------------------------------ kubectl plugin

# Two nodes with an agent each, and a pod that is being deleted; `exec` runs our parallaxctl, and the one in
# pod px-b is dead.
mkdir "$tmp/kube"
cat >"$tmp/kube/kubectl" <<'EOF'
#!/bin/bash
echo "$*" >>"$KUBE_LOG"
args="$*"
case $args in
*"get nodes -o name"*) printf 'node/%s\n' node-a node-b ;;
*"get pods"*)
	[[ $args == *"--all-namespaces"* || $args == *"--namespace=mesh"* ]] || exit 1
	[[ ${ONE:-} ]] || echo "node-a mesh px-old 2026-11-30T00:00:00Z"
	echo "node-a mesh px-a "
	[[ ${ONE:-} ]] || echo "node-b mesh px-b "
	;;
*"get pod"*"-o jsonpath={.spec.nodeName}"*)
	[[ $args == *sleep* ]] || { echo "Error: pods \"elephant\" not found" >&2 && exit 1; }
	[[ $args != *"--namespace=sample"* ]] || printf node-a
	;;
*"get pod"*) echo '{"phase":"Running"}' ;;
*"get node"*) echo '{"kernelVersion":"6.1.0"}' ;;
*"get events"*) echo "Unhealthy eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJ4In0.c2ln" ;;
*exec*)
	[[ $args == *px-b* ]] && echo "container not found" >&2 && exit 1
	[[ $args == *"--container=parallaxd"* ]] || exit 1
	while [[ $1 != -- ]]; do shift; done
	[[ $2 == parallaxctl ]] || exit 126
	shift 2
	exec "$CTL" "$@"
	;;
*logs*) echo "time=now msg=hello" ;;
*) exit 1 ;;
esac
EOF
chmod +x "$tmp/kube/kubectl"
export CTL KUBE_LOG=$tmp/kubectl.log

plugin() { (cd "$tmp" && PATH=$tmp/kube:$PATH "$TOP/deploy/kubectl-parallax" "$@" 2>&1); }

# says STATUS TEXT WORD...: the plugin's exit status, and part of its output
says() {
	local status=$1 text=$2 out
	shift 2
	out=$(plugin "$@")
	(($? == status)) && [[ $out == *"$text"* ]] && return
	echo "kubectl parallax $*: $out"
	return 1
}

plugin_picks() {
	says 2 "usage: kubectl parallax" &&
		says 0 "usage: kubectl parallax" --help &&
		says 0 "usage: parallaxctl flows" --node node-a help flows &&
		says 0 "usage: parallaxctl flows" flows --help --node=node-a --context east &&
		says 1 "no agent on node node-c; agents are on: node-a, node-b" --node node-c status &&
		says 2 "agents are on several nodes: node-a, node-b" status &&
		says 1 "==> node-a (mesh/px-a)" --all-nodes version || return
	says 1 "==> node-b (mesh/px-b)" --all-nodes version &&
		says 0 parallaxctl -n sample --pod sleep-1 version &&
		says 0 parallaxctl --pod sample/sleep-1 version &&
		says 1 "pod sleep-1 runs on no node yet" --pod sleep-1 version &&
		says 1 '"elephant" not found' --pod elephant version &&
		says 2 "exclude one another" --node a --pod b version &&
		says 2 "--node needs a value" version --node &&
		says 2 "unknown verb 'satus': did you mean 'status'?" --node node-a satus &&
		ONE=1 says 0 parallaxctl version && ONE=1 says 0 parallaxctl --agent-namespace mesh version
}

# What a shell would take apart reaches parallaxctl, and kubectl, as one word.
plugin_keeps_words() {
	says 2 "unknown state 'it's; \$HOME': They are" --node node-a flows --state "it's; \$HOME" &&
		plugin --node node-a --context "my east" version >/dev/null &&
		grep -qF -- "--context=my east exec" "$KUBE_LOG"
}

plugin_reports() {
	local archive list
	archive=$(plugin --node node-a bugreport --config /nonexistent) || { echo "$archive" && return 1; }
	list=$(tar -tzf "$tmp/$archive") || return
	for file in node.tar.gz log.txt log-previous.txt pod-status.json node-info.json events.txt; do
		[[ $list == *"/node-a/$file"* ]] || { echo "$file is missing: $list" && return 1; }
	done
	tar -xzOf "$tmp/$archive" --wildcards '*/node.tar.gz' | tar -tz | grep /README.txt >/dev/null || return
	tar -xzOf "$tmp/$archive" --wildcards '*/events.txt' | grep -x "Unhealthy REDACTED" >/dev/null || return
	[[ $(stat -c %a "$tmp/$archive") == 600 ]] || return
	says 1 "" --node node-a bugreport --file "$archive" || return # it is there already
	archive=$(plugin --node node-b bugreport --file dead.tar.gz)
	[[ $archive == *"parallaxctl does not run in mesh/px-b"* ]] || { echo "$archive" && return 1; }
	list=$(tar -tzf "$tmp/dead.tar.gz")
	[[ $list == */node-b/log.txt* && $list == */node-b/node.err* && $list != *node.tar.gz* ]]
}

# The words as kubectl hands them on, and the candidates it gets.
plugin_completes() {
	local line expected words answer
	while IFS='|' read -r line expected; do
		IFS=, read -ra words <<<"$line"
		answer=$(PATH=$tmp/kube:$PATH sh "$tmp/kubectl" "${words[@]//-none-/}" 2>&1 | sort | paste -sd ' ')
		[[ $answer == "$expected" ]] && continue
		echo "$line: $answer, expected: $expected"
		return 1
	done <<-'EOF'
		--node,-none-|:4 node-a node-b
		--node,node-a,flows,--state,-none-|:4 closing established opening
		ep,--state,-none-|:4 active draining excluded
		gw,-o,y|:4 json table wide yaml
		check,--config,-none-|:0
		completion,-none-|:4 bash fish kubectl zsh
		explain,-none-|:4
		elephant,-none-|:4
	EOF
	answer=$(sh "$tmp/kubectl" "" | sort | paste -sd ' ')
	[[ $answer == ":4 $(verbs | sort | paste -sd ' ')" ]] || { echo "verbs: $answer" && return 1; }
	sh "$tmp/kubectl" flows -- | grep -x -- --all-nodes >/dev/null && sh "$tmp/kubectl" flows -- | grep -x -- --drops >/dev/null
}

passes plugin_completes plugin_completes
passes plugin_picks plugin_picks
passes plugin_keeps_words plugin_keeps_words
passes plugin_bugreport plugin_reports

# ------------------------------------------------------------------ bug report

# Without a data plane, an agent or root there is still a report, and no secret in it.
reports_without_agent() {
	local dir=$tmp/report
	mkdir -p "$dir"
	printf 'network: n\nsource:\n  ads: {addresses: [a:1], tokenFile: %s}\npassword: swordfish # swordfish\n' \
		"$dir/token" >"$dir/config.yaml"
	echo swordfish >"$dir/token"
	PARALLAX_PIN_DIR=/nonexistent "$CTL" bugreport --config "$dir/config.yaml" --file "$dir/report.tar.gz" ||
		return
	mkdir "$dir/out" && tar -C "$dir/out" -xzf "$dir/report.tar.gz" --strip-components=1 || return
	for file in README.txt check.json check.txt config.yaml kernel.txt network.txt agent.txt pins.txt; do
		[[ -s $dir/out/$file ]] || { echo "$file is missing" && return 1; }
	done
	grep -q "/nonexistent" "$dir/out/README.txt" && grep -q "status: no answer" "$dir/out/README.txt" &&
		grep -q "tokenFile: $dir/token" "$dir/out/config.yaml" &&
		grep -qx "password: REDACTED" "$dir/out/config.yaml" && ! grep -rn swordfish "$dir/out"
}
passes bugreport_without_agent reports_without_agent

refuses_to_overwrite() {
	echo mine >"$tmp/mine"
	! "$CTL" bugreport --file "$tmp/mine" 2>"$tmp/err" && grep -q "mine: File exists" "$tmp/err" &&
		[[ $(cat "$tmp/mine") == mine ]]
}
passes bugreport_overwrites_nothing refuses_to_overwrite
exit $failed
