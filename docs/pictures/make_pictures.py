"""Take the pictures of README and guide: the real window after training and while listening, 1600 x 1000 pixels.

    xvfb-run -a -s "-screen 0 1600x1000x24" .venv/bin/python docs/pictures/make_pictures.py FOLDER [--only NAME]

FOLDER holds the 2,700 training recordings of the Free Spoken Digit Dataset (``0_george_10.wav`` and so on). Everything
else is made on the way and kept in a temporary folder, as are the settings of the window. With a sound server the
buttons that play are enabled. Takes about three minutes.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import soundfile
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL import Image

    from mlpsvd.experiments.experiment import Experiment
    from mlpsvd_gui.main_window import MainWindow

NAMES = ("explore", "files", "digits", "analysis", "listen", "record")
SIZE = (1600, 1000)
DIGITS = Path("recordings/spoken digits")
COLLECTION = Path("recordings/My words")
FIELD = Path("recordings/field")
WORDS = ("one", "two", "three", "four", "five")
N_TAKES = 10
RATE_HZ = 8000
PAPER_RATE_HZ = 16000
REST_S = 0.6
"""Pause between two words; longer than the release time."""

Sound = NDArray[np.float32]


def main() -> None:
    """Take the pictures in a temporary home folder, so that they show no path of this machine."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, help="the recordings of spoken digits")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="where the pictures are written")
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES, help="which pictures; by default all")
    arguments = parser.parse_args()
    out, recordings = arguments.out.resolve(), arguments.folder.resolve(strict=True)
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="mlpsvd-pictures-") as home:
        # Reuse the compiled code, which is below the home folder.
        os.environ.setdefault("XDG_CACHE_HOME", str(Path.home() / ".cache"))
        os.environ["HOME"] = home
        for variable, name in (("XDG_CONFIG_HOME", "config"), ("XDG_DATA_HOME", "data"), ("XDG_STATE_HOME", "state")):
            os.environ[variable] = str(Path(home) / name)
        os.chdir(home)
        DIGITS.parent.mkdir()
        DIGITS.symlink_to(recordings, target_is_directory=True)
        Photographer(out).take(set(arguments.only))
        os.chdir(out)


class Photographer:
    """One window and its scenes."""

    def __init__(self, out: Path) -> None:
        from mlpsvd_gui.app import leave_a_core_to_the_window

        leave_a_core_to_the_window()
        from PySide6.QtCore import QSettings

        from mlpsvd_gui.application import make_application
        from mlpsvd_gui.main_window import MainWindow
        from mlpsvd_gui.state.preferences import Preferences

        self.out = out
        self.app = make_application()
        store = QSettings("window.ini", QSettings.Format.IniFormat)
        preferences = Preferences(store)
        preferences.set_table("live/settings", {"windows": "whole sounds", "trigger_dbfs": -50.0, "hang_s": 0.25})
        preferences.set_table("live/windows", {"chosen": "whole sounds"})
        recording = {"mode": "triggered", "trigger_dbfs": -50.0, "pre_roll_s": 0.05, "hang_s": 0.25, "shortest_s": 0.15}
        preferences.set_table("record settings", recording)
        self.window: MainWindow = MainWindow(preferences)
        self.window.resize(*SIZE)
        self.window.show()

    def take(self, names: set[str]) -> None:
        """Take these pictures and those whose networks they need."""
        if names & {"explore", "files"}:
            self.theme("light")
            self.explore()
        if "files" in names:
            self.files()
        if names & {"digits", "analysis", "listen"}:
            self.theme("dark")
            self.digits(names)
        self.theme("light")
        if "listen" in names:
            self.listen()
        if "record" in names:
            self.record()
        self.window.close()
        self.wait(0.5)

    # --- the scenes --------------------------------------------------------------------------------------------------

    def explore(self) -> None:
        """Five classes of the paper after a run."""
        self.train()
        self.shoot("explore")

    def files(self) -> None:
        """44 recordings classified by the network trained before; one of them with several classes."""
        from mlpsvd_gui.pages.files.views.table import NOTE

        make_field_recordings(FIELD)
        self.show_page(self.window.files_panel)
        controller, panel = self.window.files, self.window.files_panel
        controller.add([str(FIELD)])
        self.until(lambda: len(panel.table.rows.entries) == 44)
        controller.start()
        self.until(lambda: not controller.is_running)
        panel.table.setColumnWidth(NOTE, 280)
        panel.table.selectRow(len(panel.table.rows.shown) - 3)
        panel.table.scrollToBottom()
        self.until(lambda: panel.windows.recording.plot.has_image)
        panel.windows.table.selectRow(20)
        self.shoot("files")

    def digits(self, names: set[str]) -> None:
        """Spoken digits after a run."""
        from mlpsvd.experiments.presets import RECORDINGS_PRESET
        from mlpsvd.settings import with_value

        self.window.tabs.setCurrentIndex(0)
        self.window.use_preset(RECORDINGS_PRESET)
        experiment = with_value(self.window.experiments.experiment, "data.recordings.path", str(DIGITS))
        self.window.experiments.replace(with_value(experiment, "name", "Recordings: spoken digits"))
        self.wait(1.0)
        self.until(lambda: "10 classes" in self.window.data_panel.form.status.text())
        self.train()
        if "digits" in names:
            self.shoot("digits")
        if "analysis" in names:
            self.analysis()

    def analysis(self) -> None:
        """The singular directions of the network trained last."""
        panel = self.window.analysis_panel
        self.theme("light")
        self.window.tabs.setCurrentIndex([self.window.tabs.tabText(n) for n in range(3)].index("Analysis"))
        self.until(lambda: bool(panel.directions.rows.rows))
        self.shoot("analysis")

    def listen(self) -> None:
        """Half a minute of digits that the networks were not trained on."""
        from mlpsvd.classification.live.verdict import VerdictKind

        words = held_out_digits(self.window.experiments.experiment)
        self.show_page(self.window.listen_panel)
        self.play(Path("spoken digits.wav"), spoken(words, noise=7e-4))
        panel = self.window.listen_panel
        self.until(lambda: len(panel.log.rows) > 50 and panel.log.rows[-1].start_s > 30.0)
        self.until(lambda: panel.decision.kind is VerdictKind.CLASS and panel.decision.probability > 0.95)
        self.window.listen.drawing.draw(everything=True)  # the log is drawn less often than the label
        self.shoot("listen", settle_s=0.0)
        self.stop()

    def record(self) -> None:
        """A collection of five words, trained on; one of them is being recorded."""
        panel = self.window.record_panel
        self.show_page(panel)
        panel.bar.new_requested.emit(str(COLLECTION))
        self.until(lambda: self.window.record.collection.content is not None)
        for word in WORDS:
            panel.classes.name_edit.setText(word)
            panel.classes.add_button.click()
        panel.classes.goal_box.setValue(12)
        for number, word in enumerate(WORDS, start=1):
            self.record_word(word, takes_of(number), N_TAKES)
        panel.training.button.click()
        self.until(lambda: self.window.run.state.is_active)
        self.until_trained()
        self.record_word("two", takes_of(2, first=20), 3, stays=True)
        self.until(lambda: self.window.record.takes.recorded_s > 0.3)
        self.shoot("record", settle_s=0.0)
        self.stop()

    # --- helpers of the scenes ------------------------------------------------------------------------------

    def record_word(self, word: str, takes: list[Sound], n_wanted: int, stays: bool = False) -> None:
        """Play recordings of one word until the trigger has recorded the given number."""
        panel, label = self.window.record_panel, word
        panel.classes.choose(word)
        n_before = self.n_clips(label)
        self.play(Path(f"{word}.wav"), spoken(takes))
        self.until(panel.controls.button.isEnabled)
        panel.controls.button.click()
        self.until(lambda: self.n_clips(label) >= n_before + n_wanted)
        if not stays:
            panel.controls.button.click()
            self.until(lambda: not panel.controls.is_on)
            self.stop()

    def n_clips(self, word: str) -> int:
        """Return the number of clips of a word."""
        return next(row.n_clips for row in self.window.record_panel.classes.rows if row.name == word)

    def play(self, path: Path, sound: Sound) -> None:
        """Use a file as the source, in real time."""
        from mlpsvd_gui.pages.listen.views.source_chooser import FILE_SOURCE

        soundfile.write(path, sound, RATE_HZ, subtype="PCM_16")
        source = self.window.listen_panel.controls.source
        source.show_kind(FILE_SOURCE)
        source.path_edit.setText(f"~/{path}")
        self.window.listen.start()

    def stop(self) -> None:
        """Stop the playback."""
        self.window.listen.stop()
        self.until(lambda: not self.window.listen.is_running)

    def train(self) -> None:
        """Train both networks."""
        self.window.actions_.train.trigger()
        self.until_trained()

    def until_trained(self) -> None:
        """Wait until both networks are trained."""
        from mlpsvd_gui.state.run_state import RunPhase

        self.until(lambda: self.window.run.state is RunPhase.FINISHED)

    def show_page(self, page: object) -> None:
        """Show one of the pages of Live audio."""
        self.window.tabs.setCurrentWidget(self.window.live_tab)
        self.window.live_tab.show_page(page)  # type: ignore[arg-type]

    def theme(self, name: str) -> None:
        """Choose a theme in the menu."""
        next(one for one in self.window.actions_.themes.actions() if one.data() == name).trigger()

    def shoot(self, name: str, settle_s: float = 2.0) -> None:
        """Write a picture of the window once it is up to date."""
        self.wait(settle_s)
        from PIL import Image  # comes with Matplotlib

        path = self.out / f"{name}.png"
        if not self.window.grab().save(str(path)):
            raise SystemExit(f"{path} cannot be written.")
        with Image.open(path) as picture:
            few = with_256_colours(np.asarray(picture.convert("RGB")))
        few.save(path, optimize=True)
        print(f"{path}: {path.stat().st_size / 1000:.0f} kB", flush=True)

    def wait(self, duration_s: float) -> None:
        """Run the event loop for some time."""
        end_s = time.monotonic() + duration_s
        while time.monotonic() < end_s:
            self.app.processEvents()
            time.sleep(0.005)

    def until(self, condition: Callable[[], bool], timeout_s: float = 180.0) -> None:
        """Run the event loop until a condition holds."""
        end_s = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > end_s:
                self.shoot("stuck", 0.0)
                raise SystemExit("The window did not get there in time; see stuck.png.")
            self.wait(0.005)


def with_256_colours(pixels: NDArray[np.uint8]) -> Image.Image:
    """Return a picture of a third of the size: the 200 most frequent colours stay, others become the nearest one.

    Colours of classes and text are frequent; the others are steps of colour scales and edges of curves.
    """
    from PIL import Image

    packed = pixels.astype(np.uint32) @ np.array([65536, 256, 1], np.uint32)
    colours, inverse, counts = np.unique(packed.ravel(), return_inverse=True, return_counts=True)
    rgb = np.stack([colours >> 16, colours >> 8 & 255, colours & 255], axis=1).astype(np.uint8)
    order = np.argsort(-counts, kind="stable")
    palette = rgb[order[:200]]
    if len(order) > 200:  # the rest of the palette: the colours farthest from those in it
        rest, weight = rgb[order[200:]].astype(np.int32), counts[order[200:]]
        distance = ((rest[:, None] - palette.astype(np.int32)[None]) ** 2).sum(axis=2).min(axis=1)
        for _ in range(56):
            chosen = rest[np.argmax(distance * np.sqrt(weight))]
            palette = np.vstack([palette, chosen.astype(np.uint8)])
            distance = np.minimum(distance, ((rest - chosen) ** 2).sum(axis=1))
    nearest = ((rgb.astype(np.int32)[:, None] - palette.astype(np.int32)[None]) ** 2).sum(axis=2).argmin(axis=1)
    few = Image.fromarray(nearest.astype(np.uint8)[inverse].reshape(packed.shape), "P")
    few.putpalette(palette.tobytes())
    return few


def held_out_digits(experiment: Experiment, n_of_each: int = 5) -> list[Sound]:
    """Return digits that the networks of an experiment were not trained on, in an arbitrary order."""
    from mlpsvd.datasets.recordings import scan
    from mlpsvd.datasets.split import split_class, split_key

    own = experiment.data.recordings
    inventory = scan(own)
    paths: list[Path] = []
    for label in inventory.class_names:
        there = [one for one in inventory.files if one.label == label]
        keys = [split_key(one.name, Path(own.path)) for one in there]
        sides = split_class(keys, [one.split for one in there], own.test_fraction, experiment.seed)
        paths += [one.path for one, side in zip(there, sides, strict=True) if side == "test"][:n_of_each]
    return [read(paths[index]) for index in np.random.default_rng(7).permutation(len(paths))]


def takes_of(digit: int, first: int = 10, speaker: str = "jackson", n: int = 14) -> list[Sound]:
    """Return recordings of a digit by one speaker."""
    return [read(DIGITS / f"{digit}_{speaker}_{index}.wav") for index in range(first, first + n)]


def read(path: Path) -> Sound:
    """Read a recording at 8 kHz."""
    samples, rate_hz = soundfile.read(path, dtype="float32")
    if rate_hz != RATE_HZ:
        raise SystemExit(f"{path.name} has {rate_hz} samples a second; {RATE_HZ} were expected.")
    return np.asarray(samples, np.float32)


def spoken(words: list[Sound], noise: float = 1e-4) -> Sound:
    """Return words in sequence, in noise of the given standard deviation."""
    rest = np.zeros(round(REST_S * RATE_HZ), np.float32)
    sound = np.concatenate([rest, *(part for word in words for part in (word, rest))])
    return np.asarray(sound + noise * np.random.default_rng(3).standard_normal(len(sound)), np.float32)


def make_field_recordings(folder: Path) -> None:
    """Write eight recordings of each class of the paper, and four that change class."""
    from mlpsvd.signals.bank import BandPass, paper_bank
    from mlpsvd.signals.synthesis import synthesise

    rng = np.random.default_rng(11)

    def sound(one: BandPass, n_clips: int) -> Sound:
        return synthesise(one, "gaussian", PAPER_RATE_HZ, n_clips, round(0.3 * PAPER_RATE_HZ), rng).ravel()

    def write(path: Path, samples: Sound) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, samples, PAPER_RATE_HZ, subtype="PCM_24")

    bank = paper_bank()
    for one in bank:
        for number in range(1, 9):
            gain = 1e-5 if (one.label, number) == ("680 Hz", 7) else 1.0  # practically silent
            write(folder / one.label / f"take {number}.flac", gain * sound(one, int(rng.integers(12, 40))))
    for number in range(1, 5):
        stations = [sound(bank[index], int(rng.integers(10, 25))) for index in rng.permutation(len(bank))]
        write(folder / "walks" / f"walk {number}.flac", np.concatenate(stations))


if __name__ == "__main__":
    main()
