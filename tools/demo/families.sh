# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The demo in the families that it is played in: its files and addresses are written in IPv4, and become
# those of FAMILY here. To be sourced after topology.sh.

# in_each_family COMMAND...: with the family as the last argument
in_each_family() {
	local family
	for family in $(inner_families); do
		"$@" "$family" || return
	done
}

# of_families FILE: the file with the addresses of all families
of_families() {
	local addr
	sed -f <(grep -oE '[0-9]+(\.[0-9]+){3}(/[0-9]+)?' "$1" | sort -u | while read -r addr; do
		"addresses_$FAMILY" "${addr//./\\.}" "$(address_6 "$addr")"
	done) "$1"
}

address_6() {
	[[ $1 == 192.* || $1 == 0.* ]] && outer "$1" 6 || inner "$1" 6
}

# addresses_FAMILY IPV4 IPV6: the change, for sed
addresses_4() { :; }
addresses_6() { echo "s|$1|\"$2\"|"; }
addresses_46() {
	cat <<-RULES
		s|\\[$1]|[$1, "$2"]|
		s|^\\( *- \\)$1\$|&\\n\\1"$2"|
		s|^\\( *- {[a-z]*: \\)$1\\(, .*\\)|&\\n\\1"$2"\\2|
		s|\\(socket_address: {address: \\)$1\\(, port_value: [0-9]*}}\\)|&, additional_addresses: [{address: {\\1"$2"\\2}]|
	RULES
}

# gateway_in ADDRESS:PORT: the gateway's addresses, one a line
gateway_in() {
	local family
	for family in $(node_families); do
		outer_at "$1" "$family"
	done
}

# ------------------------------------------------------------------ the picture

draw_clusters() {
	local width=26 line gap
	[[ $FAMILY == 4 ]] || width=36
	line=$(printf '─%.0s' $(seq $width)) gap=$(printf %24s '')
	printf '   %-*s%s%s\n' $((width + 2)) "cluster1, network1" "$gap" "cluster2, network2"
	echo "   ┌$line┐$gap┌$line┐"
	in_each_family draw_pods $((width - 1)) "$gap"
	draw_nodes $((width - 6))
	echo "   └$line┘$gap└$line┘"
	say "helloworld.sample = $(in_each_family inner_at $VIP | paste -sd' ')" \
		"(the pod addresses are the same on purpose)"
}

# draw_pods WIDTH GAP FAMILY
draw_pods() {
	local sleep pod
	sleep=$(inner $SLEEP "$3") pod=$(inner ${POD%:*} "$3")
	printf "   │ %-${1}s│%s│ %-${1}s│\n" "sleep     $sleep" "$2" "sleep2    $sleep" \
		"hello-v1  $pod" "$2" "hello-v2  $pod"
}

# draw_nodes WIDTH
draw_nodes() {
	local family wire='──── wan: routes only ──'
	for family in $(node_families); do
		printf "   │ %-${1}s ────┼$wire┼──── %-${1}s │\n" "node1 $(outer "${GATEWAY1%:*}" "$family")" \
			"gw2 $(outer "${GATEWAY2%:*}" "$family")"
	done
}

