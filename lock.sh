#!/bin/sh
# Renews the lock files from pyproject.toml: exact versions and hashes, no addresses.
# Needs `uv` (by name from the package index). Run it from the project's root.
set -eu
lock() { # lock OUTPUT ARGUMENT...
    output=$1
    shift
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
        --no-annotate --no-emit-index-url --no-emit-find-links "$@" pyproject.toml -o "$output"
}
lock locks/dev.txt --extra server --extra postgresql --extra desktop --group test --group lint --group build --group packaging --group bench
# The smaller sets are cut from the same versions.
lock worker/qubix_worker/requirements.txt --constraints locks/dev.txt
lock locks/server.txt --extra server --extra postgresql --group build --constraints locks/dev.txt
lock locks/desktop.txt --extra server --extra postgresql --extra desktop --group build --constraints locks/dev.txt
