#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Checks of the source tree itself, as PASS/FAIL/SKIP lines: layers, pages, scripts, licence lines.
# The checkers are checked too: each must refuse a small tree with a fault in it.
set -uo pipefail

cd "$(dirname "$0")/.."
BUILD=${BUILD:-build}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
failed=0

report() { # NAME STATUS OUTPUT
	if (($2 == 0)); then
		echo "PASS $1"
	else
		echo "FAIL $1"
		failed=1
		[[ -n $3 ]] && echo "$3"
	fi
}

passes() { # NAME COMMAND...
	local name=$1 out status
	shift
	out=$("$@" 2>&1)
	status=$?
	report "$name" "$status" "$out"
}

refuses() { # NAME EXPECTED_TEXT COMMAND...
	local name=$1 text=$2 out
	shift 2
	if out=$("$@" 2>&1); then
		report "$name" 1 "accepted, expected: $text"
	elif [[ $out != *"$text"* ]]; then
		report "$name" 1 "expected: $text; said: $out"
	else
		report "$name" 0 ""
	fi
}

# A tree that is right, to put one fault into. Prints its path.
small_tree() {
	local t=$tmp/$1
	mkdir -p "$t"/{include,bpf,user/{base,model,plan,desired,kernel,report,agent,ctl}}
	echo '#include "addr.h"' >"$t/user/model/config.h"
	echo 'int addr_parse(const char *text);' >"$t/user/base/addr.h"
	printf '#include "addr.h"\n\nint addr_parse(const char *text)\n{\n\treturn text_len(text);\n}\n' \
		>"$t/user/base/addr.c"
	printf '#define MASK(n) (~0u << (n))\n\nstatic inline long\nlong_name(int first,\n\t  int second)\n{\n' \
		>"$t/bpf/flow.h"
	echo 'struct pins;' >"$t/user/kernel/pins.h"
	echo 'struct agent;' >"$t/user/agent/loop.h"
	echo "$t"
}

layer_fault() { # NAME FILE INCLUDE EXPECTED_TEXT
	local t
	t=$(small_tree "$1")
	echo "#include \"$3\"" >>"$t/$2"
	refuses "layers_refuse_$1" "$4" tools/check-layers.sh "$t"
}

doc_fault() { # NAME TEXT EXPECTED_TEXT
	local t
	t=$(small_tree "doc_$1")
	echo "See \`user/base/addr.c:addr_parse()\` and $2." >"$t/page.md"
	refuses "docs_refuse_$1" "$3" tools/check-docs.sh -r "$t" "$t/page.md"
}

check_layers() {
	passes layers tools/check-layers.sh
	passes layers_accept_right_tree tools/check-layers.sh "$(small_tree right)"
	layer_fault upward user/base/addr.c config.h "(rank 0) includes user/model/config.h (rank 1)"
	layer_fault unknown_header user/base/addr.h addrs.h "not in the tree"
	layer_fault sideways user/report/metrics.c pins.h "rooms of one rank do not know one another"
	layer_fault bpf_side bpf/flow.h addr.h "not the BPF side"
	layer_fault pure_step user/plan/plan_fit.c parallax.skel.h "only effects may"
	layer_fault effect_in_pure_room user/desired/build.c pins.h "(rank 5)"
	layer_fault agent_outside user/ctl/ctl.c loop.h "rooms of one rank do not know one another"

	local t
	t=$(small_tree header_circle)
	echo '#include "b.h"' >"$t/user/base/a.h"
	echo '#include "a.h"' >"$t/user/base/b.h"
	refuses layers_refuse_header_circle "circle: user/base/" tools/check-layers.sh "$t"

	# The objects list the calls; headers of two modules may use each other's types.
	if [[ ! -e $BUILD/user/base ]]; then
		echo "SKIP layers_calls: nothing is built in $BUILD"
		return
	fi
	passes layers_calls tools/check-layers.sh . "$BUILD"
	t=$(calls_tree right_calls model/config.c:config_load:addr_parse base/addr.c:addr_parse:)
	passes layers_accept_right_calls tools/check-layers.sh "$t" "$t/o"
	call_fault upward_call base/addr.c:addr_parse:config_load model/config.c:config_load: \
		"user/base/addr (rank 0) calls config_load() of user/model/config (rank 1)"
	call_fault sideways_call report/metrics.c:metrics:pins_make kernel/pins.c:pins_make: \
		"rooms of one rank do not know one another"
	call_fault knot base/addr.c:addr_parse:pool_new base/pool.c:pool_new:pool_grow \
		base/pool_grow.c:pool_grow:addr_parse "knot of calls: user/base/"
}

# A right tree and objects in it, of files each of which defines one function with one call at most.
calls_tree() { # NAME FILE:FUNCTION:CALLS...
	local t part file function calls
	t=$(small_tree "$1")
	rm "$t"/user/*/*.c
	for part in "${@:2}"; do
		IFS=: read -r file function calls <<<"$part"
		echo "void $function(void); ${calls:+void $calls(void);} \
			void $function(void) { ${calls:+$calls();} }" >"$t/user/$file"
		mkdir -p "$t/o/user/${file%/*}"
		${CC:-gcc} -c "$t/user/$file" -o "$t/o/user/${file%.c}.o"
	done
	echo "$t"
}

call_fault() { # NAME FILE:FUNCTION:CALLS... EXPECTED_TEXT
	local t
	t=$(calls_tree "${@:1:$#-1}")
	refuses "layers_refuse_$1" "${!#}" tools/check-layers.sh "$t" "$t/o"
}

check_docs() {
	local t
	t=$(small_tree doc_right)
	echo '`user/base/addr.c:addr_parse()` `bpf/flow.h:long_name()` `bpf/flow.h:MASK()`' >"$t/page.md"
	passes docs_accept_right_page tools/check-docs.sh -r "$t" "$t/page.md"
	doc_fault made_up_function '`user/base/addr.c:addr_guess()`' "does not define addr_guess()"
	doc_fault made_up_file '`user/base/adr.c`' "there is no user/base/adr.c"
	doc_fault declaration '`user/base/addr.h:addr_parse()`' "does not define addr_parse()"
	doc_fault call '`user/base/addr.c:text_len()`' "does not define text_len()"
	doc_fault part_of_a_name '`bpf/flow.h:name()`' "does not define name()"
	doc_fault made_up_text '`bpf/flow.h: no such text`' 'does not contain "no such text"'
	doc_fault made_up_word '`bpf/flow.h:flows`' "does not contain flows"

	# shellcheck disable=SC2046 # no spaces in our names
	passes docs_names tools/check-docs.sh $(source_files 'docs/*.md' README.md)
}

# Each of the 48 faults has a row, with a test or "–".
faults_are_complete() { # PAGE
	local rows
	rows=$(grep -cE '^\| [0-9]+ \| .* \| (`tests/.*`|–) \| .* \|$' "$1")
	((rows == 48)) || { echo "$1: $rows rows have a test or –, expected 48" && return 1; }
}

check_faults() {
	passes faults faults_are_complete docs/faults.md
	sed '/^| 17 /d' docs/faults.md >"$tmp/faults.md"
	refuses faults_refuse_a_missing_row "47 rows" faults_are_complete "$tmp/faults.md"
}

# Files by pattern, wherever they are below the top, outside build/.
source_files() {
	local pattern tests=()
	for pattern in "$@"; do
		tests+=(-o -path "./$pattern")
	done
	find . \( -path ./build -o -path ./.git \) -prune -o -type f \( "${tests[@]:1}" \) -print |
		sed 's|^./||' | sort
}

check_scripts() {
	local script bad=
	for script in $(source_files 'tools/*.sh' 'tests/*.sh' 'tests/*/*.sh' .ci/run); do
		bash -n "$script" 2>&1 || bad+="$script: syntax; "
		[[ -x $script || $(head -c2 "$script") != '#!' ]] || bad+="$script: not executable; "
	done
	report shell_scripts "$([[ -z $bad ]]; echo $?)" "$bad"

	bad=
	for script in $(source_files 'tools/*.py' 'tests/*.py' 'tests/*/*.py'); do
		python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read(), sys.argv[1])' "$script" ||
			bad+="$script: syntax; "
	done
	report python_scripts "$([[ -z $bad ]]; echo $?)" "$bad"
}

# The lines of C that this branch touches.
check_format() {
	local out status
	out=$(tools/check-format.sh 2>&1)
	status=$?
	if ((status == 77)); then
		echo "SKIP format: $out"
	else
		report format "$status" "$out"
	fi
}

check_licences() {
	local file bad=
	for file in $(source_files '*.c' '*.h' 'tools/*.sh' 'tools/*.py' Makefile); do
		head -3 "$file" | grep 'SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause' >/dev/null ||
			bad+="$file "
	done
	report licence_lines "$([[ -z $bad ]]; echo $?)" "no SPDX line: $bad"
}

# With pipefail the writer before a reader that leaves early fails, on a busy machine above all.
check_readers() {
	local early
	early=$(source_files '*.sh' | xargs grep -nE '\| *grep -[a-zA-Z]*q')
	report readers_read_to_the_end "$([[ -z $early ]]; echo $?)" "grep -q behind a pipe: $early"
}

check_man_pages() {
	local pages
	pages=$(source_files 'docs/*.[0-9]')
	[[ -n $pages ]] || return
	if ! command -v mandoc >/dev/null; then
		echo "SKIP man_pages: mandoc is not installed"
		return
	fi
	# shellcheck disable=SC2086
	passes man_pages mandoc -T lint -W warning $pages
}

# The manual page must name every verb and flag that --help names.
check_man_flags() {
	local ctl=$BUILD/parallaxctl agent=$BUILD/parallaxd verb flag bad=
	if [[ ! -x $ctl || ! -x $agent ]]; then
		echo "SKIP man_flags: $ctl or $agent is not built"
		return
	fi
	for verb in $("$ctl" --help | sed -n 's/^  \([a-z]*\) .*/\1/p'); do
		grep -q "^\.It Cm $verb\b" docs/parallaxctl.8 || bad+="parallaxctl $verb; "
		for flag in $(flags_of "$ctl" "$verb"); do
			grep -q "Fl -$flag\b" docs/parallaxctl.8 || bad+="parallaxctl $verb --$flag; "
		done
	done
	for flag in $(flags_of "$agent"); do
		grep -q "Fl -$flag\b" docs/parallaxd.8 || bad+="parallaxd --$flag; "
	done
	report man_flags "$([[ -z $bad ]]; echo $?)" "the manual page lacks $bad"
}
flags_of() { "$@" --help | grep -oE -- '--[a-z][a-z-]+' | sed 's/^--//' | sort -u; }

# The README's first YAML block is a configuration, the second one a gateway's additions to it, the
# third one another source.
check_readme_config() {
	local ctl=$BUILD/parallaxctl
	if [[ ! -x $ctl ]]; then
		echo "SKIP readme_config: $ctl is not built"
		return
	fi
	awk -v to="$tmp/readme" '/^```yaml/ { n++; on = 1; next } /^```/ { on = 0 } on { print > (to n) }' \
		README.md
	cat "$tmp/readme1" "$tmp/readme2" >"$tmp/readme-gateway"
	passes readme_config "$ctl" preview --config "$tmp/readme1" --eds tools/demo/eds-both.yaml
	passes readme_config_gateway \
		"$ctl" preview --config "$tmp/readme-gateway" --eds tools/demo/eds-both.yaml
	{ grep -v '^source:' "$tmp/readme1" && cat "$tmp/readme3"; } >"$tmp/readme-ads"
	passes readme_config_ads "$ctl" preview --config "$tmp/readme-ads" --eds tools/demo/eds-both.yaml
	echo "delivery: sideways" >>"$tmp/readme1"
	refuses readme_config_fault "sideways" \
		"$ctl" preview --config "$tmp/readme1" --eds tools/demo/eds-both.yaml
}

# The pages with figures equal the templates filled from docs/performance.json.
check_performance() {
	[[ -e docs/performance.json ]] || return
	mkdir -p "$tmp/pages/docs"
	cp README.md "$tmp/pages"
	passes performance_pages performance_pages
}

performance_pages() {
	local page
	tools/bench/report.py docs/performance.json "$tmp/pages" >/dev/null || return
	for page in README.md docs/performance.md docs/performance.svg; do
		diff -q "$page" "$tmp/pages/$page" >/dev/null && continue
		echo "$page: edit tools/bench/*.in instead and say: make bench-docs RESULTS=docs/performance.json"
		return 1
	done
}

check_layers
check_docs
check_faults
check_performance
check_readme_config
check_scripts
check_format
check_licences
check_readers
check_man_pages
check_man_flags
exit $failed
