#!/bin/sh
# Sees to it that the system has what the tests need besides Python: bubblewrap for the sandbox,
# npm for what the dashboard's pages are made with, Chromium to look at them.
# Installs each only where it is missing and where that may be done without asking; otherwise one
# line says what is missing. On CI that is a failure; elsewhere its tests are skipped.
set -eu
PATH="${PATH:-/usr/bin:/bin}:/usr/sbin:/sbin"
export PATH DEBIAN_FRONTEND=noninteractive

as_root=
if [ "$(id -u)" -ne 0 ]; then
    as_root="sudo -n"
    $as_root true 2>/dev/null || as_root=none
fi
missing=0

# need <program> <package> <what cannot be tested without it>
need() {
    command -v "$1" >/dev/null 2>&1 && return
    if [ "$as_root" != none ] && command -v apt-get >/dev/null 2>&1; then
        echo "Installing $2, which the tests of $3 need …"
        install="$as_root apt-get install -qq -y --no-install-recommends $2"
        $install >/dev/null 2>&1 || { $as_root apt-get update -qq && $install >/dev/null; } || true
    fi
    command -v "$1" >/dev/null 2>&1 && return
    echo "$2 is missing: $3 cannot be tested. Install the package $2." >&2
    missing=1
}

need bwrap bubblewrap "the sandbox"
need npm npm "the dashboard"
need chromium chromium "the dashboard"

[ "$missing" -eq 0 ] || [ -z "${CI:-}" ]
