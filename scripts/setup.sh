#!/usr/bin/env bash
# Sets up everything on a fresh machine: system packages, virtual environment, this package.
# Runs in well under a second when nothing is left to do. Usage: scripts/setup.sh [demo|test|pdf]
set -euo pipefail
cd "$(dirname "$0")/.."
what=${1:-demo}

say() { printf '%s\n' "setup: $*"; }
fail() { printf '%s\n' "setup: $*" >&2; exit 1; }

# --- system packages -------------------------------------------------------------------------
packages=()
need() { command -v "$1" >/dev/null 2>&1 || packages+=("$2"); }
need bwrap bubblewrap      # the wall around student code
need setpriv util-linux    # drops root before student code runs
python=${PYTHON:-python3}
command -v "$python" >/dev/null 2>&1 || packages+=(python3 python3-venv)
if command -v "$python" >/dev/null 2>&1 && ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
  packages+=(python3-venv)
fi
case $what in test | pdf) need chromium chromium ;; esac   # the browser tests; prints the PDF
if [ ${#packages[@]} -gt 0 ]; then
  say "installing system packages: ${packages[*]}"
  if ! command -v apt-get >/dev/null 2>&1; then
    fail "this machine has no apt-get; install with its own package manager, then run again: ${packages[*]}"
  elif [ "$(id -u)" = 0 ]; then
    as_root=()
  elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    as_root=(sudo -n)
  else
    fail "needs root once; ask for: sudo apt-get install ${packages[*]}    (then run the same command again)"
  fi
  log=$(mktemp)
  if ! { "${as_root[@]}" apt-get update -q && DEBIAN_FRONTEND=noninteractive \
         "${as_root[@]}" apt-get install -q -y --no-install-recommends "${packages[@]}"; } >"$log" 2>&1; then
    tail -n 15 "$log" >&2
    fail "apt-get could not install ${packages[*]}; its last lines are above"
  fi
  rm -f "$log"
fi

# --- Python ----------------------------------------------------------------------------------
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
  fail "needs Python 3.11 or newer, found $("$python" --version 2>&1); set PYTHON=/path/to/python3.11"

# pip is slow with so many packages; uv does the same in a tenth of the time. It reads none of
# pip's settings, so that they are handed on. Whatever is wrong with it (no such platform, a mirror
# without it), pip does the work after all.
install_fast() {
  .venv/bin/python -m pip install --quiet --disable-pip-version-check "$uv" 2>/dev/null || return 1
  local settings scope
  settings=$(.venv/bin/python -m pip config list 2>/dev/null) || return 1
  setting() { # NAME: the environment's, else pip install's, else everybody's
    for scope in ':env:' install global; do
      if sed -n "s/^$scope\.$1='\(.*\)'\$/\1/p" <<<"$settings" | grep .; then return; fi
    done
  }
  local index extra links cert
  index=$(setting index-url) extra=$(setting extra-index-url)
  links=$(setting find-links) cert=$(setting cert)
  env ${index:+UV_DEFAULT_INDEX="$index"} ${extra:+UV_EXTRA_INDEX_URL="$extra"} \
    ${links:+UV_FIND_LINKS="${links// /,}"} ${cert:+SSL_CERT_FILE="$cert"} \
    UV_INDEX_STRATEGY=unsafe-best-match \
    .venv/bin/uv pip install --quiet --no-config --python .venv/bin/python "$@" 2>/dev/null
}

stamp=.venv/.installed-$what
uv=uv==0.13.9
wanted=$(cat requirements.txt requirements-dev.txt pyproject.toml | sha256sum)
if [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$wanted" ]; then
  [ -x .venv/bin/python ] || { say "making .venv"; "$python" -m venv .venv; }
  # Byte code is made at the end, on every core: pip would use one.
  pip=(.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-compile)
  # torch alone and first: with no torch present another package's range brings the CUDA build.
  # TORCH_PIP_ARGS can point pip at another index (a CUDA or ROCm build, say).
  say "installing torch (once; some minutes on a slow line)"
  # shellcheck disable=SC2086 # the arguments are several words on purpose
  "${pip[@]}" ${TORCH_PIP_ARGS:-} "$(grep '^torch==' requirements.txt)"
  lists=(-r requirements.txt)
  if [ "$what" = test ]; then lists+=(-r requirements-dev.txt); fi
  lists+=(--editable .)
  say "installing the rest of requirements.txt"
  install_fast "${lists[@]}" || "${pip[@]}" "${lists[@]}"
  # Grading starts hundreds of processes that may write no byte code themselves.
  .venv/bin/python -m compileall -q -j 0 -x '/tests?/' .venv/lib >/dev/null 2>&1 || true
  printf '%s' "$wanted" >"$stamp"
fi
