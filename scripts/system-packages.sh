#!/usr/bin/env bash
# What tests need from the system: a browser, Chinese fonts for it, gettext. Installed where we may;
# otherwise said, and the tests that need it fail with the same words.
set -uo pipefail

missing=()
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null ||
  missing+=(chromium)
command -v msgfmt >/dev/null || missing+=(gettext)
if command -v dpkg >/dev/null; then
  dpkg -s fonts-noto-cjk >/dev/null 2>&1 || missing+=(fonts-noto-cjk)
fi
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "安装系统软件包 Installing system packages: ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  log=$(mktemp)
  if apt-get update >"$log" 2>&1 </dev/null &&
    apt-get install -y --no-install-recommends "${missing[@]}" >>"$log" 2>&1 </dev/null; then
    rm -f "$log"
    exit 0
  fi
  tail -n 15 "$log" >&2
  rm -f "$log"
fi
echo "缺少系统软件包:${missing[*]}。浏览器测试会失败;请用系统的包管理器安装,例如:" >&2
echo "  sudo apt-get install --no-install-recommends ${missing[*]}" >&2
echo "System packages are missing: ${missing[*]}. Browser tests will fail until they are installed as above." >&2
exit 0
