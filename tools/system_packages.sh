#!/usr/bin/env bash
# Install what the browser tests need; say clearly what is left out when that is not possible.
set -euo pipefail
need=()
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || need+=(chromium)
[ -d /usr/share/fonts/truetype/dejavu ] || need+=(fonts-dejavu-core)
[ ${#need[@]} -eq 0 ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing ${need[*]} for the browser tests."
    if apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${need[@]}" >/dev/null; then
        exit 0
    fi
    echo "They could not be installed: the browser tests will be skipped." >&2
else
    echo "Not installed: ${need[*]} (needs root and apt-get). The browser tests will be skipped; everything else works." >&2
fi
exit 0
