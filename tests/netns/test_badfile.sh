#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A bad file keeps the last good state and is named in status with line and column.
. "$(dirname "$0")/lib.sh"

two_clusters
two_agents
check "both answer" wait_for 5 versions_are "v1 v2" sleep

status_names() { ctl node1 status | grep -E "$1" >/dev/null; }
names_file() { status_names "$(basename "$1"):$2:[0-9]+"; }

eds "$HELLO" 10.10.0.90:5000/cluster1 10.10.0.90:5000/n2-k8s-config
cp "$TOPO_DIR/eds.yaml" "$TEST_DIR/good.yaml"
printf 'resources:\n- {"@type": [\n' | put "$TOPO_DIR/eds.yaml"
check "the broken EDS file is named" wait_for 5 status_names 'eds\.yaml:[0-9]+:[0-9]+'
equal "and the last good state serves" "v1 v2" "$(versions sleep)"
check "the agent lives" kill -0 "$(pid_of agent-node1)"
put "$TOPO_DIR/eds.yaml" <"$TEST_DIR/good.yaml"
fixed() { ! status_names 'eds\.yaml:[0-9]+:[0-9]+'; }
check "once mended it is named no more" wait_for 5 fixed

printf 'networks:\n  network1:\n    endpoints: [{fromRegistry: cluster1}]\n    color: blue\n' |
	put "$TOPO_DIR/networks.yaml"
check "an unknown key in the mesh networks is named, line 4" wait_for 5 names_file networks.yaml 4
equal "and the last good state serves" "v1 v2" "$(versions sleep)"
networks network1=cluster1@192.23.110.10:15443 network2=n2-k8s-config@0.0.0.0:443
check "a valid file is used again" wait_for 5 versions_are v1 sleep

# A resource that cannot be: an explicit weight 0. The good one beside it applies.
networks network1=cluster1@192.23.110.10:15443 network2=n2-k8s-config@192.23.120.32:15443
check "both answer again" wait_for 5 versions_are "v1 v2" sleep
eds "$HELLO" '10.10.0.90:5000/cluster1*0' "outbound|80||other.sample.svc.cluster.local" \
	10.10.0.90:5000/cluster1
check "a rejected resource is named" wait_for 5 status_names "outbound\|5000\|\|$HOST"
equal "and its last good assignment serves" "v1 v2" "$(versions sleep)"

# A save that names a source which is not there is refused whole, until the source is there.
delivery_is() { [[ $(ctl node1 status -o json) == *"\"delivery\": \"$1\""* ]]; }
sed 's/eds\.yaml/other.yaml/; s/^delivery: stack/delivery: redirect/' "$TOPO_DIR/node1/config.yaml" |
	put "$TOPO_DIR/node1/config.yaml"
check "a path that is not there is named" wait_for 5 \
	status_names 'config\.yaml:[0-9]+:[0-9]+: source\.files\.path: .*/other\.yaml: No such file'
check "the rest of that save waits" delivery_is stack
equal "and the last good state serves" "v1 v2" "$(versions sleep)"
kill -HUP "$(pid_of agent-node1)" # as at each tick
check "the problem stands" status_names 'No such file'
put "$TOPO_DIR/other.yaml" <"$TEST_DIR/good.yaml"
check "once the file is there, all of it applies" wait_for 5 delivery_is redirect
no_problem() { ! status_names "^Problems"; }
check "and is named no more" wait_for 5 no_problem
equal "both answer" "v1 v2" "$(versions sleep)"
sed -i 's/other\.yaml/eds.yaml/' "$TOPO_DIR/node1/config.yaml"

# A name that is no text hides no other problem.
mkdir "$TOPO_DIR/eds.d"
cp "$TEST_DIR/good.yaml" "$TOPO_DIR/eds.d/"
printf 'resources: [' >"$TOPO_DIR/eds.d/bad"$'\xff'.yaml
printf 'resources: [' >"$TOPO_DIR/eds.d/other.yaml"
sed -i 's/eds\.yaml/eds.d/' "$TOPO_DIR/node1/config.yaml"
check "a file whose name is no text is named" wait_for 5 status_names 'bad[?]\.yaml:2:'
check "and so is the one after it" status_names 'other\.yaml:2:'
equal "and the good one serves" "v1 v2" "$(versions sleep)"
nothing_leaked
