#!/usr/bin/env bash
# Make the virtual environment from the hash-pinned lock file; a second call is quick.
set -euo pipefail
cd "$(dirname "$0")/.."
venv="$1"
python="${PYTHON:-python3.11}"

command -v "$python" >/dev/null || { echo "Python 3.11 is needed (looked for $python). Set PYTHON=/path/to/python3.11." >&2; exit 1; }
if ! [ -x "$venv/bin/pip" ]; then
    rm -rf "$venv"
    if ! "$python" -m venv "$venv" 2>/dev/null; then
        rm -rf "$venv"
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
            echo "This Python cannot make virtual environments; installing Debian's python3-venv."
            apt-get update -qq
            DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv
            "$python" -m venv "$venv"
        else
            echo "This Python cannot make virtual environments. Install python3-venv, then try again." >&2
            exit 1
        fi
    fi
fi
"$venv/bin/pip" install --quiet --require-hashes --only-binary :all: -r requirements.lock
"$venv/bin/pip" install --quiet --no-deps --no-build-isolation --no-index --editable .
"$venv/bin/python" -m compileall -q "$venv/lib" >/dev/null 2>&1 || true
