#!/bin/sh
# Sees to it that the system has what the tests need besides Python: bubblewrap, for the sandbox.
# Installs it only where it is missing and where that may be done without asking; otherwise one
# line says what is missing. On CI that is a failure; elsewhere its tests are skipped.
set -eu
PATH="${PATH:-/usr/bin:/bin}:/usr/sbin:/sbin"
export PATH DEBIAN_FRONTEND=noninteractive

command -v bwrap >/dev/null 2>&1 && exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
    as_root="sudo -n"
    $as_root true 2>/dev/null || as_root=none
fi
if [ "$as_root" != none ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing bubblewrap, which the tests of the sandbox need …"
    install="$as_root apt-get install -qq -y --no-install-recommends bubblewrap"
    $install >/dev/null 2>&1 || { $as_root apt-get update -qq && $install >/dev/null; } || true
fi

command -v bwrap >/dev/null 2>&1 && exit 0
echo "bubblewrap is missing: the sandbox cannot be tested. Install the package bubblewrap." >&2
[ -z "${CI:-}" ]
