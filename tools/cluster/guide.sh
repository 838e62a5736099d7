# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# Follows docs/install-kubernetes.md word by word. To be sourced by tools/cluster/cluster.sh.

GUIDE=docs/install-kubernetes.md

follow_guide() {
	local n
	step "7½" "a stranger follows $GUIDE"
	guide_directory
	cloud &
	confirm "each block up to the joined networks" guide_run 1 "$(($(guide_blocks) - 1))"
	confirm "sleep's calls are answered by both clusters" answers_become "v1 v2" 1
	confirm "the last block, which uninstalls" guide_run "$(guide_blocks)" "$(guide_blocks)"
	for n in 1 2; do
		confirm "no pin, no program, no qdisc is left on node$n" test -z "$(what_is_left "$n")"
	done
	without_helm
}

# The same page, section "Without Helm".
without_helm() {
	local manifests=deploy/manifests
	confirm "the rendered manifests install an agent that serves" apply_manifests
	kc 1 delete -f $manifests/parallax.yaml --wait >/dev/null
	confirm "which leaves its data plane behind" test -n "$(what_is_left 1)"
	kc 1 apply -f $manifests/clean-up.yaml >/dev/null
	confirm "the clean-up manifest is ready when it is gone" rolled_out 1 parallax-clean-up
	confirm "no pin, no program, no qdisc is left on node1" test -z "$(what_is_left 1)"
	kc 1 delete -f $manifests/clean-up.yaml --wait >/dev/null
}
apply_manifests() { kc 1 apply -f $manifests/parallax.yaml && rolled_out 1 parallax; }

# The source tree, where the guide may write its files.
guide_directory() {
	mkdir -p "$TOPO_DIR/guide"
	ln -s "$PWD"/* "$TOPO_DIR/guide"
}

guide_blocks() { grep -c '^```sh$' $GUIDE; }

# guide_script FIRST LAST: those blocks, one after the other
guide_script() {
	echo "set -euxo pipefail"
	awk -v first="$1" -v last="$2" '/^```sh$/ { on = ++n >= first && n <= last; next }
		/^```/ { on = 0 } on' $GUIDE
}

# guide_run FIRST LAST: where both API servers can be reached, as an operator's machine
guide_run() {
	guide_script "$1" "$2" >"$TOPO_DIR/guide.sh"
	(cd "$TOPO_DIR/guide" && PATH=$CACHE/bin:$PATH HELM_CACHE_HOME=$TOPO_DIR/helm \
		KUBECONFIG="$(state 1)/kubeconfig:$(state 2)/kubeconfig" \
		in_ns wan timeout 600 bash "$TOPO_DIR/guide.sh") >>"$TOPO_DIR/log/guide" 2>&1
}

# The controller of a cloud, which gives the Service the load balancer's address.
cloud() { wait_for 300 load_balancer_publish 2 $BALANCER; }
