# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# How the demo speaks: steps, commands with their output, checks. To be sourced by bash.

if [[ -t 1 ]]; then
	BOLD=$'\e[1m' DIM=$'\e[2m' RED=$'\e[31m' GREEN=$'\e[32m' PLAIN=$'\e[0m'
else
	BOLD='' DIM='' RED='' GREEN='' PLAIN=''
fi

step() { printf '\n%s── Step %s: %s%s\n' "$BOLD" "$1" "$2" "$PLAIN"; }

# say LINE...: one line each
say() { printf '   %s\n' "$@"; }

# show HOST COMMAND_LINE COMMAND...: prints the command line of a user on HOST, and the output
show() {
	local host=$1 line=$2
	shift 2
	printf '\n   %s%s$ %s%s\n' "$DIM" "$host" "$line" "$PLAIN"
	"$@" 2>&1 | sed 's/^/   /'
	return "${PIPESTATUS[0]}"
}

# confirm TEXT COMMAND...: must succeed, else the demo ends
confirm() {
	local text=$1
	shift
	if "$@" >/dev/null 2>&1; then
		printf '   %s✔%s %s\n' "$GREEN" "$PLAIN" "$text"
	else
		printf '   %s✘ NOT SO: %s%s\n' "$RED" "$text" "$PLAIN"
		exit 1
	fi
}
