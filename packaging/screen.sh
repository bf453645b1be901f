# shellcheck shell=sh
# A private display and a folder for everything temporary, both gone when the command ends. Sourced by ./test and
# packaging/build after packaging/setup.sh; plain sh.
#
# which sets:  scratch               the temporary folder
#              start_screen FOLDER   starts an X server, with its log in FOLDER, and sets DISPLAY
#              leave_desktop         removes what Qt would take from the desktop of whoever calls

scratch=$(mktemp -d)
screens=
# shellcheck disable=SC2317  # called by the trap
leave() {
    for screen in $screens; do
        kill "$screen" 2>/dev/null || true
        wait "$screen" 2>/dev/null || true
    done
    rm -rf "$scratch"
}
trap leave EXIT
trap 'exit 130' INT
trap 'exit 143' HUP TERM

# Start a private X server; it chooses a free display and writes its number to descriptor 3 when it is ready.
start_screen() {
    if ! command -v Xvfb >/dev/null 2>&1; then give_up "windows are opened on a private display, which needs Xvfb."; fi
    Xvfb -displayfd 3 -screen 0 1600x1000x24 -nolisten tcp 3>"$1/display" >"$1/xvfb.log" 2>&1 &
    screen=$!
    screens="$screens $screen"
    tries=0
    while [ ! -s "$1/display" ]; do
        tries=$((tries + 1))
        if [ "$tries" -gt 300 ] || ! kill -0 "$screen" 2>/dev/null; then
            cat "$1/xvfb.log" >&2
            give_up "the private display (Xvfb) did not start."
        fi
        sleep 0.05
    done
    DISPLAY=":$(cat "$1/display")"
    export DISPLAY QT_QPA_PLATFORM=xcb
    unset WAYLAND_DISPLAY XAUTHORITY || true
}

leave_desktop() {
    export DBUS_SESSION_BUS_ADDRESS=disabled: LC_ALL=C.UTF-8
    unset XDG_CURRENT_DESKTOP QT_QPA_PLATFORMTHEME QT_STYLE_OVERRIDE QT_SCALE_FACTOR QT_SCREEN_SCALE_FACTORS || true
}
