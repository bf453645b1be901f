"""The parts of the Listen page by themselves."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from mlpsvd.classification.live.settings import LiveSettings
from mlpsvd.classification.live.verdict import VerdictKind
from mlpsvd.settings import describe, to_table
from mlpsvd_gui.pages.listen.views.decision_display import DecisionDisplay
from mlpsvd_gui.pages.listen.views.device_chooser import DeviceChooser, DeviceEntry
from mlpsvd_gui.pages.listen.views.probability_history import ProbabilityHistory
from mlpsvd_gui.pages.listen.views.settings_form import LiveSettingsForm
from mlpsvd_gui.pages.listen.views.spectra import LiveSpectra
from mlpsvd_gui.plots.theme import DARK, LIGHT
from mlpsvd_gui.widgets.level_meter import LevelMeter
from mlpsvd_gui.widgets.note_list import NoteList
from mlpsvd_gui.widgets.quiet_label import QuietLabel

NOTHING = np.full(2, np.nan)


def test_class_unknown_and_quiet_look_different_without_colours(qtbot: QtBot) -> None:
    display = DecisionDisplay()
    qtbot.addWidget(display)
    display.resize(300, 110)
    pictures = []
    for kind in VerdictKind:
        display.show_decision("same word", 0.5, QColor("grey"), kind, "same detail")
        grey = display.grab().toImage().convertToFormat(display.grab().toImage().Format.Format_Grayscale8)
        pictures.append(bytes(grey.constBits()))
        assert display.kind is kind
    assert len(set(pictures)) == 3


def test_the_raster_distinguishes_quiet_time_from_gaps(qtbot: QtBot) -> None:
    raster = ProbabilityHistory()
    qtbot.addWidget(raster)
    raster.resize(400, 100)
    raster.begin(("a", "b"), 0.1)
    raster.append(0.0, np.array([0.2, 0.8]), lost_s=3.0)
    assert raster.n_gap == 0, "what was lost before the first decision has no place"
    raster.append(0.1, NOTHING, lost_s=3.0)
    raster.append(0.8, np.array([0.2, 0.8]), lost_s=3.6)
    assert (raster.n_filled, raster.n_quiet, raster.n_gap) == (2, 1, 6)
    raster.append(1.4, np.array([0.2, 0.8]), lost_s=3.6)
    assert (raster.n_filled, raster.n_quiet, raster.n_gap) == (3, 1, 6), "nothing was lost, and nothing decided"
    raster.grab()


def test_events_fill_their_duration_and_pauses_are_quiet(qtbot: QtBot) -> None:
    raster = ProbabilityHistory()
    qtbot.addWidget(raster)
    raster.begin(("a", "b"), 0.1)
    raster.append(0.0, NOTHING, duration_s=1.0)
    raster.append(1.2, np.array([0.2, 0.8]), duration_s=0.5)
    assert (raster.n_filled, raster.n_quiet, raster.n_gap) == (5, 12, 0)
    raster.append(4.0, np.array([0.2, 0.8]), duration_s=0.2)
    assert (raster.n_filled, raster.n_quiet, raster.n_gap) == (7, 35, 0)
    raster.append(6.0, np.array([0.2, 0.8]), duration_s=0.2, lost_s=1.0)
    assert (raster.n_filled, raster.n_quiet, raster.n_gap) == (9, 43, 10), "1 s of the 1.8 s was lost"


def test_the_trigger_mark_moves_by_keys_too_and_says_off_at_the_end(qtbot: QtBot) -> None:
    meter = LevelMeter()
    qtbot.addWidget(meter)
    meter.resize(400, 50)
    meter.show()
    meter.show_trigger(-79.0)
    moved: list[float] = []
    meter.trigger_dragged.connect(moved.append)
    qtbot.keyClick(meter, Qt.Key.Key_Right)
    qtbot.keyClick(meter, Qt.Key.Key_Left)
    qtbot.keyClick(meter, Qt.Key.Key_Left)
    assert moved == [-78.0, -79.0, -120.0]


def test_the_meter_says_sound_pressure_only_where_it_is_calibrated(qtbot: QtBot) -> None:
    meter = LevelMeter()
    qtbot.addWidget(meter)
    meter.show_level(-30.0, -20.0, False, 1.0)
    assert "SPL" not in meter.level_text
    meter.show_level(-30.0, -20.0, False, 1.1, 64.04)
    assert meter.level_text.endswith("64.0 dB SPL")


def test_every_live_setting_has_an_editor_and_those_without_effect_are_hidden(qtbot: QtBot) -> None:
    form = LiveSettingsForm(describe(LiveSettings))
    qtbot.addWidget(form)
    form.show_values(to_table(LiveSettings()), ("switching_cost",))
    assert set(form.editors) == set(to_table(LiveSettings()))
    assert form.editors["switching_cost"].isHidden()
    form.show_values(to_table(LiveSettings(smoothing="hidden Markov")))
    assert not form.editors["switching_cost"].isHidden()


def test_a_disconnected_device_stays_in_the_list(qtbot: QtBot) -> None:
    chooser = DeviceChooser()
    qtbot.addWidget(chooser)
    stereo, mono = DeviceEntry("s", "Stereo", "", 2), DeviceEntry("m", "Mono", "", 1, is_system_sound=True)
    chooser.show_devices((stereo, mono), "s")
    chooser.channel_box.setValue(2)
    assert (chooser.key, chooser.channel) == ("s", 2)
    chooser.show_devices((mono,), "s", absent="Stereo")
    assert chooser.box.currentText() == "Stereo (not connected)"
    assert chooser.channel == 2
    chooser.box.setCurrentIndex(chooser.box.findText("Mono"))
    assert chooser.channel <= 1


def test_notes_and_status_ask_for_no_new_layout(qtbot: QtBot) -> None:
    label = QuietLabel()
    qtbot.addWidget(label)
    hint = label.sizeHint()
    label.setText("a" * 500)
    assert label.sizeHint() == hint
    assert label.toolTip() == "a" * 500
    notes = NoteList()
    qtbot.addWidget(notes)
    notes.show_sentences(["Less < more & so on."])
    assert notes.sentences == ("Less < more & so on.",)
    assert "&lt;" in notes._text.text()


def test_the_spectrum_of_now_takes_the_colour_of_another_theme(qtbot: QtBot) -> None:
    spectra = LiveSpectra()
    qtbot.addWidget(spectra)
    spectra.set_theme(LIGHT)
    spectra.begin(np.linspace(0.0, 4000.0, 5), ("a",), None, ("Level", "dBFS"), 0.1)
    spectra.show_live(np.linspace(-60.0, -20.0, 5))
    spectra.resize(400, 400)
    light = spectra.curves.plot_item.listDataItems()[0].opts["pen"].color()
    spectra.set_theme(DARK)
    dark = spectra.curves.plot_item.listDataItems()[0].opts["pen"].color()
    assert (light, dark) == (LIGHT.foreground, DARK.foreground)
