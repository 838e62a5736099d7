# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# To be sourced by bash, with BUILD: python3 is that of the system, whose modules tools/install-deps.sh installs.
# Another one in PATH may be a slow front of several. All other programs stay those of PATH: what make would
# build with another compiler, it builds again.
if [[ -x /usr/bin/python3 ]]; then
	PATH=$BUILD/tests/python:$PATH
	mkdir -p "$BUILD/tests/python"
	[[ -e $BUILD/tests/python/python3 ]] || ln -sf /usr/bin/python3 "$BUILD/tests/python/python3"
fi
