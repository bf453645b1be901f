# shellcheck shell=sh
# Installs what ./run, ./test and packaging/build need before Python can start. Sourced by the three; plain sh.
#
# The caller sets:   root          the top folder of the clone
#                    caller        its own name, for messages
# which sets:        venv          the virtual environment; packaging/build sets another
#                    venv_python   its interpreter
# ./run and ./test:  set_up run | set_up test
# packaging/build:   set_up_system run, then make_venv, pip_install_uv and uv_install
#
# Nothing is installed twice. System libraries are looked up in the linker's cache at every start, which takes a
# hundredth of a second. A stamp in the virtual environment identifies what it was made from.

root=${root:?the caller sets it}
caller=${caller:?the caller sets it}

is_windows() {
    case "$(uname -s)" in
        MINGW* | MSYS* | CYGWIN*) ;;
        *) return 1 ;;
    esac
}

# Print the path $1 as programs of this system understand it: in Git Bash D:/mlpsvd instead of /d/mlpsvd.
native() {
    if is_windows; then cygpath -m "$1"; else printf '%s\n' "$1"; fi
}

# Print the interpreter of the virtual environment in the folder $1.
python_of() {
    if is_windows; then printf '%s/Scripts/python.exe' "$1"; else printf '%s/bin/python' "$1"; fi
}

root=$(native "$root")
venv="$root/.venv"
venv_python=$(python_of "$venv")

say() {
    printf '%s: %s\n' "$caller" "$*" >&2
}

give_up() {
    say "$*"
    exit 1
}

# ---- system libraries -------------------------------------------------------------------------------------

# Each shared library that the program loads, and the Debian package that provides it.
libraries='
libglib-2.0.so.0 libglib2.0-0
libGL.so.1 libgl1
libEGL.so.1 libegl1
libfontconfig.so.1 libfontconfig1
libdbus-1.so.3 libdbus-1-3
libxkbcommon-x11.so.0 libxkbcommon-x11-0
libxcb-cursor.so.0 libxcb-cursor0
libxcb-icccm.so.4 libxcb-icccm4
libxcb-keysyms.so.1 libxcb-keysyms1
libxcb-shape.so.0 libxcb-shape0
libportaudio.so.2 libportaudio2
'

linker_list() {
    for ldconfig in /sbin/ldconfig /usr/sbin/ldconfig ldconfig; do
        if command -v "$ldconfig" >/dev/null 2>&1; then
            "$ldconfig" -p 2>/dev/null || true
            return
        fi
    done
}

any_font() {
    for folder in /usr/share/fonts /usr/local/share/fonts "${HOME:-/nowhere}/.local/share/fonts" \
        "${HOME:-/nowhere}/.fonts"; do
        if [ -d "$folder" ]; then
            find "$folder" -name '*.[ot]t[fc]' 2>/dev/null | head -n 1
        fi
    done
}

has() {
    command -v "$1" >/dev/null 2>&1
}

# Print the ALSA plug-in that makes the sound server PortAudio's default device; the linker does not list it.
alsa_to_pulse() {
    for plugin in /usr/lib/*/alsa-lib/libasound_module_pcm_pulse.so /usr/lib*/alsa-lib/libasound_module_pcm_pulse.so; do
        if [ -e "$plugin" ]; then
            printf '%s' "$plugin"
            return
        fi
    done
}

# Print the missing Debian packages that only the tests need: a private display and sound server.
missing_test_packages() {
    if ! has Xvfb; then printf 'xvfb '; fi
    if ! has pulseaudio; then printf 'pulseaudio '; fi
    if ! has pactl || ! has pacat; then printf 'pulseaudio-utils '; fi
    if [ -z "$(alsa_to_pulse)" ]; then printf 'libasound2-plugins '; fi
}

# Print the missing Debian packages; $1 is run or test.
missing_packages() {
    known=$(linker_list)
    printf '%s\n' "$libraries" | while read -r library package; do
        case "$known" in
            *"$library "*) ;;
            *) printf '%s ' "$package" ;;
        esac
    done
    if [ -z "$(any_font)" ]; then printf 'fonts-dejavu-core '; fi
    if [ "$1" = test ]; then missing_test_packages; fi
}

# Print how to gain root rights: nothing for root itself, "sudo", or "none".
as_root() {
    if [ "$(id -u)" = 0 ]; then
        return
    elif command -v sudo >/dev/null 2>&1 && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
        printf sudo
    else
        printf none
    fi
}

# Print and install the given Debian packages; return 1 if that is not possible.
apt_install() {
    sudo=$(as_root)
    if [ "$sudo" = none ] || ! command -v apt-get >/dev/null 2>&1; then return 1; fi
    say "installing with ${sudo:+$sudo }apt-get: $*"
    log=$(mktemp)
    if {
        $sudo apt-get update -qq || true
        $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
    } >"$log" 2>&1 </dev/null; then
        rm -f "$log"
    else
        tail -n 15 "$log" >&2
        rm -f "$log"
        return 1
    fi
}

set_up_system() {
    if [ "$(uname -s)" != Linux ]; then return 0; fi
    packages=$(missing_packages "$1")
    if [ -z "$packages" ]; then return 0; fi
    # shellcheck disable=SC2086  # one word per package
    if apt_install $packages; then return 0; fi
    say "these system libraries are missing, by their names in Debian and Ubuntu: ${packages% }."
    say "install them with the package manager of your system (as root: apt-get). Continuing without them."
}

# ---- Python and the virtual environment -------------------------------------------------------------------

python_fits() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
}

# Print the first supported Python; the system's python3 comes first.
find_python() {
    for candidate in python3 python3.13 python3.12 python3.11 python; do
        if command -v "$candidate" >/dev/null 2>&1 && python_fits "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
}

no_python() {
    found=$(python3 --version 2>/dev/null || python --version 2>/dev/null || echo 'no Python')
    give_up "MLP-SVD needs Python 3.11, 3.12 or 3.13 and found $found; install one of them and try again."
}

real_path() {
    readlink -f "$1" 2>/dev/null || printf '%s' "$1"
}

# Print the path of the environment and its interpreter. If the environment was moved or its interpreter replaced,
# this differs from the stored value.
place() {
    printf '%s on %s' "$root" "$(real_path "$venv_python")"
}

fingerprint() {
    printf '%s in %s' "$(cat "$root/constraints.txt" "$root/pyproject.toml" | cksum)" "$(place)"
}

contents() {
    if [ -f "$1" ]; then cat "$1"; fi
}

is_ready() {
    [ -x "$venv_python" ] && [ ! -e "$venv/unfinished" ] && [ "$(contents "$venv/ready-to-$1")" = "$(fingerprint)" ]
}

# Succeed if the existing environment can be reused.
is_usable() {
    [ -x "$venv_python" ] || return 1
    [ ! -e "$venv/unfinished" ] || return 1
    [ ! -e "$venv/made-as" ] || [ "$(contents "$venv/made-as")" = "$(place)" ] || return 1
    python_fits "$venv_python" && "$venv_python" -m pip --version >/dev/null 2>&1
}

make_venv() {
    if ! command -v python3 >/dev/null 2>&1; then apt_install python3 || true; fi
    base_python=$(find_python)
    if [ -z "$base_python" ]; then no_python; fi
    if ! "$base_python" -c 'import ensurepip, venv' 2>/dev/null; then
        package="$(basename "$base_python")-venv"
        apt_install "$package" || give_up "$base_python cannot create virtual environments; install $package."
    fi
    say "creating the virtual environment ${venv#"$root/"} with $("$base_python" --version)"
    rm -rf "$venv"
    mkdir "$venv"
    : >"$venv/unfinished"
    "$base_python" -m venv "$venv" || give_up "the virtual environment could not be created; see the messages above."
}

# uv installs in seconds what takes pip half a minute.
pip_install_uv() {
    "$venv_python" -m pip install --quiet --disable-pip-version-check --constraint "$root/constraints.txt" uv
}

uv_install() {
    "$venv_python" -m uv pip install --quiet --python "$venv_python" --constraint "$root/constraints.txt" \
        --build-constraint "$root/constraints.txt" "$@"
}

install_packages() {
    case "$1" in
        test) what="${root}[test,docs]" ;;
        *) what="${root}[docs]" ;;
    esac
    say "installing the Python packages pinned in constraints.txt"
    : >"$venv/unfinished"
    if ! pip_install_uv || ! uv_install --editable "$what"; then
        give_up "the Python packages could not be installed; see the messages above, then try again."
    fi
}

write_stamps() {
    place >"$venv/made-as"
    fingerprint >"$venv/ready-to-run"
    if [ "$1" = test ]; then fingerprint >"$venv/ready-to-test"; fi
    rm -f "$venv/unfinished"
}

set_up_python() {
    if is_ready "$1"; then return 0; fi
    # Of two simultaneous starts, the second waits for the first.
    exec 9<"$root/constraints.txt"
    if command -v flock >/dev/null 2>&1; then flock 9; fi
    if ! is_ready "$1"; then
        if ! is_usable; then make_venv; fi
        install_packages "$1"
        write_stamps "$1"
    fi
    exec 9<&-
}

# Build the pages that the Help menu opens, if they have changed; $1 is run or test.
set_up_documentation() {
    if [ ! -f "$root/docs/conf.py" ]; then return 0; fi
    pages=$(cat "$root"/docs/*.md "$root/docs/conf.py" "$root"/docs/_static/* "$root/mlpsvd_gui/help_topics.py" \
        "$root"/packaging/builder/*.py "$root"/core/mlpsvd/cli/*.py | cksum)
    site="$root/resources/mlpsvd_resources/site"
    if [ -d "$site" ]; then
        if [ "$(contents "$venv/documented")" = "$pages" ]; then return 0; fi
        # A test builds the site anew; the others only need that it has the topics of the Help menu.
        newer=$(find "$root/mlpsvd_gui/help_topics.py" -newer "$site/index.html")
        if [ "$1" = test ] && [ -z "$newer" ]; then return 0; fi
    fi
    say "building the documentation for the Help menu"
    if PYTHONPATH="$root/packaging/builder" "$venv_python" -m documentation "$root" "$site" >/dev/null; then
        printf '%s' "$pages" >"$venv/documented"
    else
        say "the documentation could not be built; the Help menu does without it."
    fi
}

set_up() {
    set_up_system "$1"
    set_up_python "$1"
    set_up_documentation "$1"
}
