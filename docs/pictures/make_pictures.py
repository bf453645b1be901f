"""Take the pictures of the window for README and documentation.

``packaging/build pictures`` calls it on a private display. All that the pictures show is made on the way, in a
temporary home folder, which also holds the settings of the window; only the spoken digits need a folder of recordings.
Takes several minutes, most of them for sounds in real time and for ten trials of Table II.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

_FOLDERS = {"XDG_CONFIG_HOME": "config", "XDG_DATA_HOME": "data", "XDG_STATE_HOME": "state"}
_SCALE = "1.25"


def main() -> None:
    """Take the pictures that were asked for."""
    parser = argparse.ArgumentParser(prog="packaging/build pictures", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="which pictures; by default all")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="where the pictures are written")
    parser.add_argument(
        "--digits",
        type=Path,
        default=os.environ.get("MLPSVD_DIGITS"),
        metavar="FOLDER",
        help="training recordings of the Free Spoken Digit Dataset, for the picture of spoken digits (MLPSVD_DIGITS)",
    )
    arguments = parser.parse_args()
    out = arguments.out.resolve()
    digits = Path(arguments.digits).resolve(strict=True) if arguments.digits else None
    out.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mlpsvd-pictures-")))
        # Reuse the compiled code, which is below the home folder.
        os.environ.setdefault("XDG_CACHE_HOME", str(Path.home() / ".cache"))
        # Text is readable where a picture is scaled to the width of a page.
        os.environ.update(HOME=str(home), QT_SCALE_FACTOR=_SCALE)
        _start_sound_server(stack)
        stack.callback(os.chdir, out)
        _take(arguments.names, home, out, digits, parser)


def _start_sound_server(stack: ExitStack) -> None:
    """Start a private sound server, if it is installed: the buttons that play are enabled then."""
    from sound_server import SoundServer

    if all(shutil.which(tool) for tool in ("pulseaudio", "pactl", "pacat")):
        server = SoundServer(Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mlpsvd-"))))
        os.environ.update(server.variables)
        stack.callback(server.kill)
        server.start()


def _take(names: list[str], home: Path, out: Path, digits: Path | None, parser: argparse.ArgumentParser) -> None:
    from mlpsvd_gui.app import leave_a_core_to_the_window

    leave_a_core_to_the_window()
    from mlpsvd_gui.application import make_application
    from window_pictures.scenes import SCENES
    from window_pictures.studio import Studio, close_window, new_window

    unknown = sorted(set(names) - set(SCENES))
    if unknown:
        parser.error(f"no picture is called {unknown[0]}; there are {', '.join(SCENES)}")
    app = make_application()
    for name in names or SCENES:
        scene = SCENES[name]
        if scene.needs_digits and digits is None:
            print(f"{name}.png: left as it is; --digits FOLDER takes it anew", file=sys.stderr)
            continue
        _move_into(home / name)
        new = new_window(home / "new.ini")
        studio = Studio(app, scene.height, digits)
        try:
            scene.prepare(studio)
            part, settle_s = scene.part(studio.window), 0.0 if scene.is_live else 2.0
            studio.shoot(out / f"{name}.png", part, scene.part(new), scene.margin, settle_s)
        finally:  # the threads of a window that is open would keep the program from ending
            close_window(studio.window)
            close_window(new)


def _move_into(home: Path) -> None:
    """Make a home folder for one picture."""
    home.mkdir()
    os.environ["HOME"] = str(home)
    os.environ.update({variable: str(home / name) for variable, name in _FOLDERS.items()})
    os.chdir(home)


if __name__ == "__main__":
    main()
