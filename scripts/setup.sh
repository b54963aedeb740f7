#!/usr/bin/env bash
# Create .venv and install a requirements file into it, only when something changed.
set -euo pipefail
cd "$(dirname "$0")/.."
requirements=${1:-requirements.txt}

new_enough='import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 12))'

find_python() {
  local candidate versions=${PYENV_ROOT:-$HOME/.pyenv}/versions
  for candidate in python3.13 python3.12 python3.14 "$versions"/3.13*/bin/python "$versions"/3.12*/bin/python \
    "$(uv python find '>=3.12' 2>/dev/null || true)" python3; do
    if [ -n "$candidate" ] && "$candidate" -c "$new_enough" >/dev/null 2>&1; then
      echo "$candidate"
      return
    fi
  done
}

if ! .venv/bin/python -c "$new_enough" >/dev/null 2>&1; then
  python=$(find_python)
  if [ -z "$python" ]; then
    cat >&2 <<'TEXT'
没有找到 Python 3.12 或更新的版本(含 venv)。请安装其中之一,再运行一次:
  Debian 13 / Ubuntu 24.04:sudo apt-get install python3 python3-venv
  其他系统:uv python install 3.13,或 pyenv install 3.13,或 https://www.python.org/downloads/
No Python 3.12 or newer (with venv) was found. Install one as above, then run this again.
TEXT
    exit 1
  fi
  echo "建立 .venv Creating .venv ($("$python" --version))"
  "$python" -m venv --clear .venv
fi

stamp=.venv/.installed-$(basename "$requirements" .txt)
wanted=$(cat requirements.txt "$requirements" | cksum)
if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
  echo "安装依赖 Installing $requirements"
  if ! .venv/bin/python -m pip install --disable-pip-version-check --quiet -r "$requirements"; then
    echo "依赖安装失败,原因见上;多半是网络或软件源的问题,处理后再运行一次即可。" >&2
    echo "Installing failed; the reason stands above, mostly the network or the package index. Then run this again." >&2
    exit 1
  fi
  echo "$wanted" >"$stamp"
fi
