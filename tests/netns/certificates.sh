#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Makes a mesh authority and a workload certificate with a SPIFFE name in DIR.
# Usage: certificates.sh DIR
set -euo pipefail
cd "${1:?usage: certificates.sh DIR}"

key="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
# shellcheck disable=SC2086 # options
openssl req -x509 $key -keyout ca.key -out ca.pem -subj /O=cluster.local -days 2 2>/dev/null
# shellcheck disable=SC2086
openssl req $key -keyout key.pem -out workload.csr -subj / 2>/dev/null
openssl x509 -req -in workload.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 1 -out cert.pem \
	-extfile <(echo "subjectAltName=critical,URI:spiffe://cluster.local/ns/sample/sa/default") \
	2>/dev/null
