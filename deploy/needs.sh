#!/usr/bin/env bash
# What the browser tests need from the system: Chromium and Chinese fonts. Installs them where that is allowed, else says what to install.
set -eu
missing=()
command -v chromium >/dev/null 2>&1 || missing+=(chromium)
fc-list 2>/dev/null | grep -qi 'noto.*cjk' || missing+=(fonts-noto-cjk)
[ ${#missing[@]} -eq 0 ] && exit 0
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if sudo -n true 2>/dev/null; then as_root=(sudo -n); else
    echo "The browser tests need: ${missing[*]}. Install them once: sudo apt install ${missing[*]}" >&2
    exit 1
  fi
fi
command -v apt-get >/dev/null 2>&1 || { echo "Install these with your system's package program: ${missing[*]}" >&2; exit 1; }
echo "Installing ${missing[*]} …"
"${as_root[@]}" apt-get update -qq
DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
