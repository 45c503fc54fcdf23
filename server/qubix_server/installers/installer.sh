#!/bin/sh
# QUBIX worker @VERSION@: the installer for Linux and macOS, made to be read.
#
#     sh qubix-worker-installer.sh [--help | --dry-run | --uninstall | --no-start]
#
# It does three things, all in your own account, and never asks for an administrator:
#   1. finds a Python on this computer (3.11 or newer);
#   2. puts the worker in its folder, after checking its SHA-256;
#   3. runs the worker's setup, which joins the network named below and starts sharing.
#
# The worker stands word for word below the last line that is run here, which is the call of main.
# All is between one pair of braces, so that a shell runs nothing before it has read the whole
# file: a download that was cut short does nothing at all.
{
# The network's address, the invitation for this one computer, and the worker's digest.
backend=@BACKEND@
enrollment=@ENROLLMENT@
sha256=@SHA256@

main() {
  set -u
  action=setup
  dry_run=no
  left=$#
  while [ "$left" -gt 0 ]; do
    argument=$1
    shift
    left=$((left - 1))
    case $argument in
      -h | --help) help && return 0 ;;
      --dry-run) dry_run=yes ;;
      --uninstall) action=uninstall ;;
      *) set -- "$@" "$argument" ;;
    esac
  done
  trap 'err "Stopped before the end. Run this again to go on."' HUP INT TERM

  need_cmd uname
  find_data_folder
  worker=$data/qubix_worker.py
  if [ "$action" = uninstall ] && [ ! -f "$worker" ]; then
    say "QUBIX is not on this computer."
    return 0
  fi
  find_python

  if [ "$action" = uninstall ]; then
    set -- uninstall "$@"
  else
    set -- setup --server "$backend" "$@"
  fi
  if [ "$dry_run" = yes ]; then
    [ "$action" = uninstall ] || say "Would write the worker, SHA-256 $sha256, to $worker"
    say "Would run $python $worker $*"
    say "Nothing was done."
    return 0
  fi
  if [ "$action" = setup ]; then
    place_worker
    # In the environment, since others on this computer can see command lines.
    export QUBIX_ENROLLMENT="${enrollment:-${QUBIX_ENROLLMENT-}}"
  fi
  exec "$python" "$worker" "$@" 3<&-
}

help() {
  cat <<'END'
Shares this computer's idle processor and graphics card with a network.

  sh qubix-worker-installer.sh              set everything up and go online
  sh qubix-worker-installer.sh --no-start   set everything up, but do not start sharing
  sh qubix-worker-installer.sh --dry-run    say what would be done, and do nothing
  sh qubix-worker-installer.sh --uninstall  take everything away again

Everything is put in your own account. No administrator is needed.
END
}

say() {
  printf '%s\n' "$*"
}

err() {
  printf 'qubix: %s\n' "$*" >&2
  exit 1
}

need_cmd() {
  command -v "$1" >/dev/null 2>&1 || err "The command \"$1\" is missing. Install it, then run this again."
}

# Where the worker keeps its program; it decides the same way (qubix_worker/paths.py).
find_data_folder() {
  if [ -n "${QUBIX_HOME-}" ]; then
    data=$QUBIX_HOME/data
    return
  fi
  case ${XDG_DATA_HOME-} in
    /*) data=$XDG_DATA_HOME/qubix && return ;;
  esac
  [ -n "${HOME-}" ] || err "HOME is not set, so there is no place to put things. Set it, then run this again."
  if [ "$(uname)" = Darwin ]; then
    data="$HOME/Library/Application Support/qubix/data"
  else
    data=$HOME/.local/share/qubix
  fi
}

# A Python that is new enough and can make an environment of its own (Debian splits that off).
find_python() {
  for name in python3.14 python3.13 python3.12 python3.11 python3 python; do
    python=$(command -v "$name") && is_fit && return
  done
  if command -v uv >/dev/null 2>&1; then
    if [ "$dry_run" = yes ]; then
      python="a Python 3.13 that uv gets,"
      return
    fi
    say "Getting a Python of its own, with uv ..."
    uv python install 3.13 </dev/null && python=$(uv python find 3.13) && is_fit && return
  fi
  err "@NOPYTHON@
  Debian, Ubuntu   sudo apt install python3-venv
  Fedora           sudo dnf install python3
  Arch             sudo pacman -S python
  macOS            brew install python, or the installer from https://www.python.org/downloads/"
}

is_fit() {
  # On a Mac without developer tools, this one only opens a window that offers to install them.
  if [ "$python" = /usr/bin/python3 ] && [ "$(uname)" = Darwin ] && ! xcode-select -p >/dev/null 2>&1; then
    return 1
  fi
  "$python" -I -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
    </dev/null >/dev/null 2>&1
}

place_worker() {
  # shellcheck disable=SC2016 # what is in the apostrophes is Python, for Python to read
  "$python" -I -c '
@PLACE@

place(sys.stdin.buffer.read(), sys.argv[1], Path(sys.argv[2]))
' "$sha256" "$data" <&3 || exit 1
}

main "$@" 3<<'@END@'
@WORKER@
@END@
}
