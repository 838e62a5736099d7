#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Makes a mesh authority and a workload certificate with a SPIFFE name in DIR.
# Usage: certificates.sh DIR
set -euo pipefail
cd "${1:?usage: certificates.sh DIR}"
exec 3>&2 2>certificates.log # openssl chats
trap '(($?)) && cat certificates.log >&3' EXIT

key="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
echo "subjectAltName=critical,URI:spiffe://cluster.local/ns/sample/sa/default" >names
# shellcheck disable=SC2086 # options
openssl req -x509 $key -keyout ca.key -out ca.pem -subj /O=cluster.local -days 2
# shellcheck disable=SC2086
openssl req $key -keyout key.pem -out workload.csr -subj /
openssl x509 -req -in workload.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 1 -out cert.pem \
	-extfile names
