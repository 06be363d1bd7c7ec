#!/bin/sh
# Prints the path of a Python that can make virtual environments.
#   tools/find-python.sh         the newest of 3.10-3.14
#   tools/find-python.sh 3.10    that version
# Looks on PATH, then among pyenv's versions. Prints nothing and ends 1 when there is none.
set -u

versions=${1:-"3.14 3.13 3.12 3.11 3.10"}

# Not every name that is found runs: pyenv's shims answer for versions that are not selected, and
# Debian's python3 lacks ensurepip until python3-venv is installed. Only a try tells.
works() {
    "$1" -c "import ensurepip, ssl, sys, venv; sys.exit('%d.%d' % sys.version_info[:2] != '$2')" \
        >/dev/null 2>&1 </dev/null
}

for version in $versions; do
    for candidate in \
        "$(command -v "python$version")" \
        "${PYENV_ROOT:-${HOME:-}/.pyenv}/versions/$version".*/bin/python \
        "$(command -v python3)"; do
        if [ -x "$candidate" ] && works "$candidate" "$version"; then
            # The interpreter itself: a shim would choose anew in every folder.
            "$candidate" -c 'import sys; print(sys.executable)'
            exit 0
        fi
    done
done
exit 1
