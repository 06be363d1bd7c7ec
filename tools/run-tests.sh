#!/bin/sh
# Runs the tests once per Python version asked for, where it is found, and last on .venv's Python,
# with coverage; names the versions that are missing.
#   tools/run-tests.sh 3.10 3.13
# Verification itself differs between Python versions (X509_STRICT and PARTIAL_CHAIN since 3.13).
# PYTEST_ARGS is passed on to every run. The last line is pytest's summary.
set -eu

ours=$(.venv/bin/python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
found=
missing=
for version in "$@"; do
    if [ "$version" = "$ours" ]; then
        continue
    elif tools/find-python.sh "$version" >/dev/null; then
        found="$found $version"
    else
        missing="$missing $version"
    fi
done

targets=.venv/.dev
for version in $found; do
    targets="$targets .venv-$version/.dev"
done
# Downloads wait and pip compiles: two set-ups at a time take little longer than one.
# shellcheck disable=SC2086 # a list of words
"${MAKE:-make}" --no-print-directory -j2 $targets

status=0
for version in $found; do
    echo "== tests on Python $version"
    # shellcheck disable=SC2086
    ".venv-$version/bin/python" -m pytest -q -n auto --dist loadfile ${PYTEST_ARGS:-} || status=1
done
for version in $missing; do
    echo "== NOT RUN: Python $version was not found (on PATH, or among pyenv's versions)"
done
[ "$status" = 0 ] || echo "== FAILED on one of:$found (see above)"
echo "== tests on Python $ours, with coverage"
# shellcheck disable=SC2086
.venv/bin/python -m pytest -q -n auto --dist loadfile --cov ${PYTEST_ARGS:-} || status=1
exit "$status"
