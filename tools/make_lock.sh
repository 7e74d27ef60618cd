#!/usr/bin/env bash
# Resolve the dependencies anew and pin them by hash, without any index address in the file.
set -euo pipefail
cd "$(dirname "$0")/.."
uv pip compile pyproject.toml --extra study --extra parquet --group dev --group build --universal --python-version 3.11 \
    --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header --quiet --output-file requirements.lock
! grep -nE 'https?://' requirements.lock
