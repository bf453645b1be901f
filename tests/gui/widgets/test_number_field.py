"""The number field with real key presses in a real window."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QLocale, QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from mlpsvd.quantities import Quantity
from mlpsvd_gui.pages.explore.views.spacing_dialog import SpacingDialog
from mlpsvd_gui.pages.listen.views.calibration_dialog import CalibrationDialog
from mlpsvd_gui.widgets.number_field import NumberField, problem_colour

LANGUAGES = [QLocale.Language.English, QLocale.Language.German]


@pytest.fixture(params=LANGUAGES, ids=["English", "German"])
def language(request: pytest.FixtureRequest) -> Iterator[None]:
    before = QLocale()
    QLocale.setDefault(QLocale(request.param))
    yield
    QLocale.setDefault(before)


def _field(qtbot: QtBot, quantity: Quantity, value: float = 1.0, step: float | None = None) -> NumberField:
    page = QWidget()
    qtbot.addWidget(page)
    field = NumberField(quantity, value, step)
    layout = QVBoxLayout(page)
    layout.addWidget(field)
    layout.addWidget(QPushButton("Elsewhere"))
    with qtbot.waitExposed(page):
        page.show()
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow)
    field.setFocus()
    field.selectAll()
    field.page = page  # type: ignore[attr-defined]  # whoever holds the field holds its page
    return field


def _type(qtbot: QtBot, field: NumberField, text: str, key: Qt.Key | None = Qt.Key.Key_Return) -> None:
    field.setFocus()
    field.lineEdit().selectAll()
    qtbot.keyClick(field, Qt.Key.Key_Delete)
    qtbot.keyClicks(field, text)
    if key is not None:
        qtbot.keyClick(field, key)


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("50 ms", "s", 0.05),
        ("1e3", "s", 1000.0),
        ("12 000", "Hz", 12000.0),
        ("250,5", "Hz", 250.5),
        ("250.5", "Hz", 250.5),
        ("1 kHz", "Hz", 1000.0),
        ("-20 dB", "dB", -20.0),
        ("94,5", "dB SPL", 94.5),
    ],
)
def test_units_prefixes_exponents_and_both_decimal_signs(
    qtbot: QtBot, language: None, text: str, unit: str, value: float
) -> None:
    field = _field(qtbot, Quantity(unit))
    with qtbot.waitSignal(field.valueChanged) as received:
        _type(qtbot, field, text)
    assert received.args == [value] and field.value() == value and not field.problem
    assert field.text() == field.quantity.format(value)


@pytest.mark.parametrize("text", ["12,000", "12.000", "abc", "5 V", "", "1 2", "20000", "1e"])
def test_what_is_wrong_stays_as_typed_in_red_with_a_sentence(qtbot: QtBot, language: None, text: str) -> None:
    field = _field(qtbot, Quantity("Hz", low=1.0, high=8000.0), 250.0)
    received: list[Any] = []
    field.valueChanged.connect(received.append)
    with qtbot.waitSignal(field.refused) as refused:
        _type(qtbot, field, text, Qt.Key.Key_Tab)
    assert field.text() == text and received == [] and field.value() == 250.0
    assert refused.args == [field.problem] and field.problem.endswith(".") and field.toolTip() == field.problem
    assert field.lineEdit().palette().text().color() == problem_colour(field.palette())
    with qtbot.waitSignal(field.refused) as gone:
        _type(qtbot, field, "300")
    assert gone.args == [""] and field.value() == 300.0
    assert field.lineEdit().palette().text().color() == field.palette().text().color()


def test_escape_restores_the_last_number(qtbot: QtBot) -> None:
    field = _field(qtbot, Quantity("s"), 0.3)
    _type(qtbot, field, "rubbish")
    assert field.problem
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert field.text() == "0.3 s" and not field.problem


def test_looking_at_a_field_changes_nothing(qtbot: QtBot, language: None) -> None:
    for value in (1e-08, 0.1 + 0.2, 16000.0, 1 / 3, 1.234, 12.125):
        field = _field(qtbot, Quantity("s"), value)
        received: list[Any] = []
        field.valueChanged.connect(received.append)
        for key in (Qt.Key.Key_Return, Qt.Key.Key_Tab):
            qtbot.keyClick(field, key)
        _type(qtbot, field, field.text())
        assert field.value() == value and received == []


def test_arrow_keys_step_within_the_range(qtbot: QtBot) -> None:
    field = _field(qtbot, Quantity(is_integer=True, low=1, high=3), 2, 1)
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Up, Qt.Key.Key_Up):
        qtbot.keyClick(field, key)
    assert field.value() == 3 and isinstance(field.value(), int)
    _type(qtbot, field, "7")
    assert field.problem
    qtbot.keyClick(field, Qt.Key.Key_Down)
    assert field.text() == "7", "a text that is wrong is not stepped from"


def test_the_wheel_steps_only_with_the_focus(qtbot: QtBot) -> None:
    field = _field(qtbot, Quantity("Hz", low=1.0, high=8000.0), 250.0, 1.0)
    elsewhere = field.parentWidget().findChild(QPushButton)
    elsewhere.setFocus()
    _turn_wheel(field)
    assert field.value() == 250.0 and not field.hasFocus()
    field.setFocus()
    _turn_wheel(field)
    assert field.value() == 251.0


def _turn_wheel(widget: QWidget) -> None:
    centre = QPointF(widget.rect().center())
    place = QPointF(widget.mapToGlobal(QPoint(0, 0))) + centre
    none = (Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase)
    QApplication.sendEvent(widget, QWheelEvent(centre, place, QPoint(), QPoint(0, 120), *none, False))


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.sampled_from("0123456789.,eE+- kmHzs'"), max_size=10))
def test_any_keys_leave_the_text_or_the_same_number(qtbot: QtBot, text: str) -> None:
    field = NumberField(Quantity("Hz"), 250.0)
    qtbot.keyClicks(field.lineEdit(), text)
    field.lineEdit().setText(text)
    if field.commit():
        assert field.value() == field.quantity.parse(field.text())
        assert not text or text == "250 Hz" or field.value() == field.quantity.parse(text)
    else:
        assert field.text() == text and field.value() == 250.0
    field.deleteLater()


def test_evenly_spaced_takes_german_numbers_and_refuses_to_close_on_wrong_ones(qtbot: QtBot, language: None) -> None:
    dialog = SpacingDialog(7920.0)
    qtbot.addWidget(dialog)
    dialog.show()
    _type(qtbot, dialog.low_hz, "250,5", Qt.Key.Key_Tab)
    _type(qtbot, dialog.high_hz, "4,000", None)
    dialog.accept()
    assert dialog.isVisible() and "4 or 4000" in dialog.problem.text()
    _type(qtbot, dialog.high_hz, "4 kHz", None)
    dialog.accept()
    assert not dialog.isVisible()
    assert (dialog.low_hz.value(), dialog.high_hz.value()) == (250.5, 4000.0)


def test_calibration_takes_half_decibels_and_refuses_in_its_own_line(qtbot: QtBot, language: None) -> None:
    dialog = CalibrationDialog()
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.level_box.setCurrentIndex(2)
    _type(qtbot, dialog.other_box, "94,5", None)
    with qtbot.waitSignal(dialog.measure_requested) as requested:
        dialog.measure_button.click()
    assert requested.args == [94.5]
    _type(qtbot, dialog.other_box, "9450", None)
    with qtbot.assertNotEmitted(dialog.measure_requested):
        dialog.measure_button.click()
    assert "from 40 to 170 dB SPL" in dialog.answer.text()


def test_the_program_has_no_number_fields_of_another_kind(project_root: Any) -> None:
    """A plain QSpinBox reads "50 ms" as 50, and a German "250.5" as 2505."""
    sources = (project_root / "mlpsvd_gui").rglob("*.py")
    found = [path.name for path in sources if "SpinBox" in path.read_text("utf-8") and path.name != "number_field.py"]
    assert found == []
    assert issubclass(NumberField, QAbstractSpinBox)
