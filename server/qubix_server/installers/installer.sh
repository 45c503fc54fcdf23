#!/bin/sh
# QUBIX worker @VERSION@: the installer for Linux and macOS, made to be read.
#     sh qubix-worker-installer.sh [--help | --dry-run | --uninstall | --no-start]
#
# It does three things, all in your own account, and needs no administrator:
#   1. finds a Python on this computer (3.11 or newer); or gets one into its own folder by uv, a
#      program that fetches Pythons; or, if that fails, asks whether to use the package manager;
#   2. puts the worker in its folder, after checking its SHA-256;
#   3. runs the worker's setup, which joins the network named below and starts sharing.
# Stopped before the end, it takes back what it has begun. --dry-run tells all that it would do. The worker stands
# word for word below the last line that is run here, which is the call of main. All is between one pair of braces,
# so that a shell runs nothing before it has read the whole file: a download that was cut short does nothing at all.
# shellcheck disable=SC2016,SC2030,SC2031 # what is in apostrophes is Python; what fetch exports is for it alone
{
# The network's address, the invitation for this one computer, and the worker's digest.
backend=@BACKEND@
enrollment=@ENROLLMENT@
sha256=@SHA256@
uv_version=@UVVERSION@
patience=30 # seconds until a connection that is not made, or has fallen silent, is given up

main() {
  [ -z "${ZSH_VERSION-}" ] || emulate sh
  set -u && umask u=rwx,go-w && unset PYTHONHOME PYTHONPATH # nobody else may write here; those are another Python's
  action=setup purge=no dry_run=no python='' data='' command='' code=1
  for argument; do
    case $argument in -h | --help) help; exit ;; --dry-run) dry_run=yes ;; --uninstall) action=uninstall ;; esac
  done
  for argument; do shift
    case $action:$argument in
      *:--dry-run | *:--uninstall) continue ;; uninstall:--purge) purge=yes ;;
      *:-[yqv] | *:--yes | *:--quiet | *:--verbose | *:--json) ;;
      setup:--no-start | setup:--no-autostart | setup:--name=* | setup:--code=* | setup:--memory-limit-mb=*) ;;
      *:--no-start | *:--no-autostart | *:--name=* | *:--code=* | *:--memory-limit-mb=* | *:--purge)
        note "qubix: @NOTTOGETHER@ ($argument)"; exit 2 ;;
      *) note "qubix: @UNKNOWNOPTION@ ($argument)"; exit 2 ;;
    esac
    set -- "$@" "$argument"
  done
  for needed in uname id mkdir rm rmdir; do command -v "$needed" >/dev/null || err "@NOCOMMANDS@ ($needed)"; done
  find_data_folder
  [ "$action" = setup ] || [ -f "$worker" ] || { not_here; return; }
  [ "$action" = uninstall ] || set -- --server "$backend" "$@"
  trap 'trap "" HUP INT TERM; code=130; err "@STOPPED@"' HUP INT TERM
  find_python || get_python || err "@NOPYTHON@
  ${command:-https://www.python.org/downloads/}"
  if [ "$dry_run" = yes ]; then
    [ "$action" = uninstall ] || say "Would write the worker, SHA-256 $sha256, to $worker" \
      "Its setup would fetch its libraries, whose SHA-256 stand in it, into $data and join $backend"
    say "Would run ${python:-that Python} $worker $action $*" "Nothing was done."; exit
  fi
  [ "$action" = uninstall ] || place_worker || { undo; exit 1; }
  export QUBIX_ENROLLMENT="${enrollment:-${QUBIX_ENROLLMENT-}}" # others on this computer can see command lines
  trap : HUP INT TERM # setup has its own way to stop, and says so
  "$python" "$worker" "$action" "$@" 3<&-
  ended=$?; [ "$ended" != 130 ] || undo; exit "$ended"
}

help() {
  say "Shares this computer's idle processor and graphics card with a network.

  sh qubix-worker-installer.sh              set everything up and go online
  sh qubix-worker-installer.sh --no-start   set everything up, but do not start sharing
  sh qubix-worker-installer.sh --dry-run    say what would be done, and do nothing
  sh qubix-worker-installer.sh --uninstall  take everything away again (--purge: settings, too)

Also --name=NAME, --memory-limit-mb=MB, --no-autostart, --yes, --quiet, --verbose, --json. It needs no administrator."
}

say() { printf '%s\n' "$@"; }
note() { printf '%s\n' "$*" >&2; } # what goes on and what went wrong: the standard output is for results
err() { undo; note "qubix: $*"; exit "$code"; }

# Takes back what this run has put here: all, down to the folders, if there was no worker before.
undo() {
  [ -n "$data" ] && [ "$dry_run" = no ] || return 0
  rm -rf "$data/uv" "$data"/qubix_worker.*.part
  [ -n "$fresh" ] || return 0
  rm -rf "$data/python" "$data"/environment[-.]* "$data/qubix-worker" "$worker"
  folder=$data; while [ "$folder" != "$fresh" ] && rmdir "$folder" 2>/dev/null; do folder=${folder%/*}; done
}

# Where the worker keeps its program; it decides the same way (qubix_worker/paths.py).
find_data_folder() {
  case ${QUBIX_HOME-}:${XDG_DATA_HOME-}:${HOME-} in
    /*:*) data=$QUBIX_HOME/data ;;
    [!:]*:*) data=$PWD/$QUBIX_HOME/data ;;
    :/*) data=$XDG_DATA_HOME/qubix ;;
    *:/*) data=~/.local/share/qubix; [ "$(uname)" != Darwin ] || data=~/Library/Application\ Support/qubix/data ;;
    *) err "@NOHOME@" ;;
  esac
  worker=$data/qubix_worker.py
  # If there is no worker yet: the folder that stays if this is stopped, which is there already.
  fresh=$data; while [ -n "$fresh" ] && [ ! -e "$fresh" ]; do fresh=${fresh%/*}; done
  [ ! -e "$worker" ] || fresh=
}

# The worker, which takes all away, went before. Settings that it left go by --purge all the same,
# unless there is a state beside them: then they are the application's, which can remove itself.
not_here() {
  case $data in
    */data) config=${data%data}config state=${data%data}state ;;
    *) config=$(xdg "${XDG_CONFIG_HOME-}" .config) state=$(xdg "${XDG_STATE_HOME-}" .local/state) ;;
  esac
  if [ "$purge" = no ] || [ ! -d "$config" ] || [ -d "$state" ]; then say "QUBIX is not on this computer."
  elif [ "$dry_run" = yes ]; then say "Would remove $config" "Nothing was done."
  else
    rm -rf "$config" && say "The settings of QUBIX have been removed from this computer." || return
    rmdir "${config%/*}" 2>/dev/null || :
  fi
}
xdg() { case $1 in /*) say "$1/qubix" ;; *) say "${HOME-}/$2/qubix" ;; esac; }

# On the PATH, fetched by us before, or where conda, pyenv, Homebrew, python.org and uv keep theirs.
find_python() {
  for name in python3.14 python3.13 python3.12 python3.11 python3 python "$data"/python/*/bin/python3 \
    "${CONDA_PREFIX:-/opt/conda}/bin/python3" "${HOME-}"/*conda*/bin/python3 "${HOME-}"/miniforge3/bin/python3 \
    "${PYENV_ROOT:-${HOME-}/.pyenv}"/versions/*/bin/python3 "${HOME-}"/.local/share/uv/python/*/bin/python3 \
    /opt/homebrew/bin/python3 /Library/Frameworks/Python.framework/Versions/3.*/bin/python3; do
    python=$(command -v "$name") && is_fit && return
  done
  python='' && return 1
}

# Whether it is new enough and whole: Debian splits off what makes environments (venv, ensurepip), and
# who builds it may lack the rest. "Externally managed" does not matter: nothing is put into it.
is_fit() {
  # On a Mac without developer tools, this one only opens a window that offers to install them.
  [ "$python" != /usr/bin/python3 ] || [ "$(uname)" != Darwin ] || xcode-select -p >/dev/null 2>&1 || return
  "$python" -IB -c 'import sys, ctypes, ensurepip, ssl, venv, zlib; sys.exit(sys.version_info < (3, 11))' \
    </dev/null >/dev/null 2>&1
}

# First what needs no administrator; what fails says by itself why. The file "by" names the process that is at it.
get_python() {
  note "There is no fit Python on this computer: getting one ..."
  by=$(cat "$data/uv/by" 2>/dev/null) && kill -0 "$by" 2>/dev/null && data='' && err "@OTHERSETUP@ (process $by)"
  [ "$dry_run" = yes ] || (umask 077 && mkdir -p "$data/uv" && echo $$ >"$data/uv/by") || err "@CANNOTWRITE@ ($data)"
  uv=$(command -v uv) && uv_python && return
  fetch_uv && uv_python && return
  package_manager || [ "$dry_run" = yes ] # of which each has told its part
}

# uv puts a Python, and whatever else it writes, into our folder. If one is there, it was looked at, and is unfit.
uv_python() {
  [ "$dry_run" = no ] || { say "Would get a Python 3.13 by $uv into $data/python"; return 1; }
  rm -rf "$data/python"; (
    export UV_PYTHON_INSTALL_DIR="$data/python" UV_CACHE_DIR="$data/uv/cache" UV_NO_CONFIG=1 UV_PYTHON_INSTALL_BIN=0
    # The second time with this system's certificates, which some companies' networks ask for.
    "$uv" python install 3.13 || UV_SYSTEM_CERTS=1 "$uv" python install 3.13
  ) </dev/null >&2 || note "qubix: @UVFAILED@"
  find_python && rm -rf "$data/uv"
}

# Fetches uv from its publisher; these builds run whatever C library there is.
fetch_uv() {
  case $(uname -s)-$(uname -m) in
    Linux-x86_64) build=x86_64-unknown-linux-musl digest=@UVLINUXX64@ ;;
    Linux-aarch64 | Linux-arm64) build=aarch64-unknown-linux-musl digest=@UVLINUXARM64@ ;;
    Darwin-x86_64) build=x86_64-apple-darwin digest=@UVMACX64@ ;;
    Darwin-arm64) build=aarch64-apple-darwin digest=@UVMACARM64@ ;;
    *) note "qubix: @NOUVBUILD@"; return 1 ;;
  esac
  url=${UV_INSTALLER_GITHUB_BASE_URL:-https://github.com}/astral-sh/uv/releases/download/$uv_version/uv-$build.tar.gz
  case $url in *@*) shown="${url%%:*}://***@${url##*@}" ;; *) shown=$url ;; esac # a mirror may want a password
  uv=$data/uv/uv-$build/uv file=$data/uv/uv.tar.gz
  [ "$dry_run" = no ] || { say "Would fetch uv, SHA-256 $digest, from $shown"; return 0; }
  fetch "$url" "$file" || fetch "$url" "$file" || fetch "$url" "$file" || why_not $? || return
  case $(sha256sum "$file" 2>/dev/null || shasum -a 256 "$file" 2>/dev/null || openssl dgst -r -sha256 "$file") in
    "$digest "*) tar -xzf "$file" -C "$data/uv" || { note "qubix: @NOTUNPACKED@"; return 1; } ;;
    *) note "qubix: @NOTEXPECTED@ ($shown)"; return 1 ;;
  esac
}

# fetch URL FILE, with what there is, by way of the environment's proxies (wget knows only these). Ends as curl would.
# The address, and a password in it, goes by the standard input: others on this computer can see command lines.
fetch() (
  export https_proxy="${https_proxy:-${HTTPS_PROXY:-${all_proxy:-${ALL_PROXY-}}}}" no_proxy="${no_proxy:-${NO_PROXY-}}"
  case $1 in *[[:space:]]*) return 3 ;; esac # that is none; and what follows would be taken for another
  ! command -v curl >/dev/null 2>&1 && url='' || url='url = ' # as its configuration has it
  if [ -n "$url" ]; then # with a bar it also says what it thinks of a proxy's address, and quotes that
    [ -t 2 ] && case $1$https_proxy${http_proxy-} in *@*) false ;; esac && bar=-# || bar=-s
    curl -fgL "$bar" --connect-timeout "$patience" --speed-time "$patience" --max-time 1800 -o "$2" --config -
  elif said=$(wget --help 2>&1); command -v wget >/dev/null && case $said$1 in *"Wget 1."*) ;; *@*) false ;; esac; then
    case $said in # wget2 and busybox's have no such way: of these, everybody could see the password
      *"Wget 1."*) said=$(LC_ALL=C wget -nv --no-hsts -T "$patience" -t 1 -O "$2" -i - 2>&1) ;;
      *hsts*) said=$(LC_ALL=C wget -nv --no-hsts -T "$patience" -t 1 -O "$2" "$1" 2>&1) ;;
      *) said=$(timeout $((patience * 20)) wget -q -O "$2" "$1" 2>&1) ;;
    esac
    case $?:$said in # GNU's ends with 4 for most that a network does, and busybox's with 1: the words tell more
      0:*) [ -s "$2" ] || return 28 ;; # as wget2, which is the wget of some, when nothing has come in time
      [68]:* | *"returned error"*) return 22 ;; 3:* | *"No space"*) return 23 ;;
      *resolve* | *"bad address"*) return 6 ;; 124:* | 143:* | *"imed out"*) return 28 ;;
      *refused* | *unreachable* | *"No route"* | *"to connect"*) return 7 ;; *roxy*) return 56 ;;
      5:* | *SSL* | *TLS*) return 60 ;; *) return 18 ;;
    esac
  else # a Python that is too old for the worker, or lacks a part, can still do this
    python3 -I -c '
@FETCH@
' "$2" "$patience" 2>/dev/null
  fi <<URL
$url$1
URL
)

why_not() { # STATUS, one of curl's exit codes
  rm -f "$file"
  case $1:${https_proxy-}${HTTPS_PROXY-}${all_proxy-}${ALL_PROXY-} in
    127:*) if command -v wget >/dev/null; then note "qubix: @NOTUNSEEN@"; else note "qubix: @NODOWNLOADER@"; fi ;;
    5:* | 97:* | [67]:?* | 22:?* | 56:?*) note "qubix: @PROXYREFUSED@" ;;
    6:*) note "qubix: @HOSTUNKNOWN@" ;; 7:*) note "qubix: @NOTREACHED@" ;;
    22:*) note "qubix: @NOTTHERE@" ;; 23:*) note "qubix: @NOROOM@" ;; 28:*) note "qubix: @TOOSLOW@" ;;
    35:* | 5[1389]:* | 60:* | 66:* | 77:* | 8[023]:* | 9[01]:*) note "qubix: @NOTSECURE@" ;;
    *) note "qubix: @NOTFETCHED@" ;;
  esac; note "  $shown (curl's code $1)"; return 1
}

# Asks before it uses sudo; root has come with these rights. With no terminal to ask on, `command` is only shown.
package_manager() {
  for manager in apt-get dnf yum zypper pacman apk brew none; do command -v "$manager" >/dev/null 2>&1 && break; done
  case $manager in
    apt-get) install="apt-get -q update; apt-get -qy satisfy 'python3-venv (>= 3.11) | python3.11-venv'" ;;
    dnf | yum) install="$manager -y install python3.12" ;;
    zypper) install="zypper -n install python313 || zypper -n install python311" ;;
    pacman) install="pacman -S --noconfirm python || pacman -Sy --noconfirm python" ;;
    apk) install="apk add python3" ;; brew) install="brew install python" ;; none) return 1 ;;
  esac
  command=$install
  [ "$(id -u)" = 0 ] || [ "$manager" = brew ] || command="sudo sh -c \"$install\""
  [ "$dry_run" = no ] || { say "Would, if that failed, run this (and ask before, unless by root): $command"; return 0; }
  if [ "$(id -u)" != 0 ]; then
    { [ "$manager" = brew ] || command -v sudo >/dev/null; } && (: </dev/tty) 2>/dev/null || return
    printf 'This would install a Python for the whole computer:\n  %s\nRun it? [y/N] ' "$command" >/dev/tty
    read -r answer </dev/tty; case ${answer-} in [yY]*) ;; *) return 1 ;; esac
  fi
  note "Running $command"; sh -c "$command" </dev/null >&2
  find_python && rm -rf "$data/uv"
}

place_worker() {
  "$python" -IB -c '
@PLACE@
place(sys.stdin.buffer.read(), sys.argv[1], Path(sys.argv[2]))
' "$sha256" "$data" <&3
}

main "$@" 3<<'@END@'
@WORKER@
@END@
}
