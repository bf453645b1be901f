"""Results of the race: accuracy and cost of each network, and their ratio to the baseline; measured values only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QSizePolicy,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from mlpsvd.contenders import DEFAULT_CONTENDERS, Contender, baseline_of, named_contenders, opponents_of
from mlpsvd.experiments.matched_step import rate_text
from mlpsvd.metrics.uncertainty import ASSUMPTION, Comparison, accuracy_text, points_text
from mlpsvd.text import operations_text
from mlpsvd_gui.plots.theme import LIGHT, Theme, series_colour, small_font
from mlpsvd_gui.qt_text import plain_tip
from mlpsvd_gui.widgets.help_mark import mark_help
from mlpsvd_gui.widgets.plain_label import PlainLabel
from mlpsvd_gui.widgets.style_sheets import restyle

__all__ = ["RacePanel", "RaceRow"]

NOTHING = "—"
_COLUMNS = ("", "Test accuracy", "Epoch", "Rank", "Trained weights", "Operations", "Training time")
_TIPS = {
    "": "",
    "Test accuracy": f"Fraction of test clips classified correctly after the latest epoch. {ASSUMPTION}",
    "Epoch": "Epochs trained so far",
    "Rank": "Remaining singular values of each layer, input side first",
    "Trained weights": "Number of trained weights and biases after the latest epoch",
    "Operations": "Floating-point operations of all training epochs so far (counted, not measured)",
    "Training time": "Measured training time on this machine, including discarding, without evaluation",
}
_COMPARED = ("Test accuracy", "Trained weights", "Operations", "Training time")
"""Columns with a second one beside them, relative to the baseline."""
_WIDEST = {
    "": "Softmax, no hidden layer", "Test accuracy": "100.0 % (97.0–100.0)", "Epoch": "200 of 200", "Rank": "20, 20",
    "Trained weights": "100,000", "Operations": "10.00 GFLOP", "Training time": "100.00 s",
}  # fmt: skip
_WIDEST_COMPARED = {"Test accuracy": "−10.0 (n.s.)"}
_HEADINGS = {"Trained weights": "Weights", "Training time": "Time"}
"""Shorter words above the columns, whose tooltips say the rest."""
_LONGEST_BASELINE = 8
_PADDING_PX = 10
_MOST_ROWS = 7
_NOTHING_YET = "What the networks reach on the same data, and what it takes. Press Train (F5)."
_BANNER_STYLE = (
    "#staleBanner { background: rgba(199, 125, 10, 40); border-left: 4px solid #c77d0a; border-radius: 3px; }"
)


@dataclass(frozen=True)
class RaceRow:
    """Results of one contender so far.

    Attributes
    ----------
    test_accuracy
        0 to 1.
    epoch, n_epochs
        Epochs trained, and their total number.
    ranks
        Singular values of each layer, input side first.
    n_weights
        Number of trained weights, biases included.
    flops
        Floating-point operations of all epochs so far.
    train_s
        Measured seconds of all epochs so far.
    n_test
        Number of test clips; 0 if unknown.
    """

    test_accuracy: float
    epoch: int
    n_epochs: int
    ranks: tuple[int, ...]
    n_weights: int
    flops: int
    train_s: float
    n_test: int = 0


class RacePanel(QWidget):
    """A small table of the contenders and a banner when it belongs to other settings."""

    train_again_requested = Signal()
    """Requests training with the current settings."""
    restore_requested = Signal()
    """Requests the settings of the shown results."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        mark_help(self, "comparison")
        self._places = _places()
        self.table = QTableWidget(0, len(_COLUMNS) + len(_COMPARED), self)
        self._contenders: tuple[Contender, ...] = ()
        self._grey: set[str] = set()
        self._theme = LIGHT
        self._caption = QLabel(self)
        self.note = PlainLabel(self)
        self.banner = QFrame(self)
        self._banner_text = PlainLabel(self.banner)
        self.again_button = QPushButton("Retrain", self.banner)
        self.restore_button = QPushButton("Restore those settings", self.banner)
        self._build()
        self.show_contenders(named_contenders(DEFAULT_CONTENDERS))
        self.show_caption("")
        self.show_note("", "")
        self.show_stale("")

    def _build(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 2, 8, 2)
        layout.setSpacing(2)
        self._build_banner()
        self._build_table()
        self._caption.setTextFormat(Qt.TextFormat.RichText)
        self._caption.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self._caption.setMinimumWidth(1)
        self._caption.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.note.setFont(small_font())
        self.note.setWordWrap(True)
        layout.addWidget(self._caption)
        layout.addWidget(self.note)
        layout.addWidget(self.banner)
        layout.addWidget(self.table)

    def _build_banner(self) -> None:
        self.banner.setObjectName("staleBanner")
        self._banner_text.setWordWrap(True)
        self.again_button.clicked.connect(self.train_again_requested)
        self.restore_button.clicked.connect(self.restore_requested)
        row = QHBoxLayout(self.banner)
        row.setContentsMargins(10, 4, 6, 4)
        row.addWidget(self._banner_text, 1)
        row.addWidget(self.restore_button)
        row.addWidget(self.again_button)

    def _build_table(self) -> None:
        table = self.table
        table.setObjectName("raceTable")
        table.setAccessibleName("Race between the networks")
        table.verticalHeader().hide()
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setTabKeyNavigation(False)
        table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        table.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        table.setShowGrid(False)
        table.setFrameShape(QFrame.Shape.NoFrame)
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        table.horizontalHeader().setHighlightSections(False)
        for (text, is_compared), column in self._places.items():
            heading = QTableWidgetItem("" if is_compared else _HEADINGS.get(text, text))
            heading.setTextAlignment(_alignment(column))
            table.setHorizontalHeaderItem(column, heading)

    def _show_headings(self) -> None:
        """Name the baseline above the columns that are relative to it."""
        baseline = baseline_of(self._contenders).title
        short = baseline if len(baseline) <= _LONGEST_BASELINE else "first"
        for (text, is_compared), column in self._places.items():
            heading = self.table.horizontalHeaderItem(column)
            assert heading is not None
            is_accuracy = text == "Test accuracy"
            against = f"{text} relative to {baseline}{', in percentage points' if is_accuracy else ''}"
            heading.setToolTip(plain_tip(against) if is_compared else _TIPS[text])
            if is_compared:
                heading.setText(f"− {short}" if is_accuracy else f"× {short}")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Distribute the width: each column has room for its widest text, and an equal share of the rest."""
        super().resizeEvent(event)
        self._fit_widths()

    def _fit_widths(self) -> None:
        metrics = self.table.fontMetrics()
        needed = {}
        for (text, is_compared), column in self._places.items():
            widest = _WIDEST_COMPARED.get(text, "× 10.00") if is_compared else _WIDEST[text]
            heading = self.table.horizontalHeaderItem(column)
            texts = (widest, heading.text() if heading is not None else "")
            if not text:  # the names are bold
                font = self.table.font()
                font.setBold(True)
                needed[column] = QFontMetrics(font).horizontalAdvance(widest) + _PADDING_PX
                continue
            needed[column] = max(metrics.horizontalAdvance(one) for one in texts) + _PADDING_PX
        rest = max(0, self.table.viewport().width() - sum(needed.values())) // len(needed)
        for column, width in needed.items():
            self.table.setColumnWidth(column, width + rest)

    def _fit_height(self) -> None:
        row_height = self.table.fontMetrics().height() + 4
        self.table.verticalHeader().setMinimumSectionSize(row_height)
        self.table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.table.verticalHeader().setDefaultSectionSize(row_height)
        self.table.horizontalHeader().setFixedHeight(row_height)
        n_rows = self.table.rowCount()
        self.table.setFixedHeight((1 + min(n_rows, _MOST_ROWS)) * row_height + 2)
        policy = Qt.ScrollBarPolicy
        self.table.setHorizontalScrollBarPolicy(policy.ScrollBarAlwaysOff)
        self.table.setVerticalScrollBarPolicy(
            policy.ScrollBarAlwaysOff if n_rows <= _MOST_ROWS else policy.ScrollBarAsNeeded
        )

    def show_contenders(self, contenders: Sequence[Contender]) -> None:
        """Make a row for each contender; its first cell says what it shows, and at which learning rate, in its tip."""
        self._contenders = tuple(contenders)
        self._grey = set()
        self._show_headings()
        self.table.setRowCount(len(self._contenders))
        for row, contender in enumerate(self._contenders):
            facts = [contender.shows, rate_text(contender)]
            for (text, is_compared), column in self._places.items():
                item = QTableWidgetItem("" if is_compared else NOTHING if text else contender.title)
                item.setTextAlignment(_alignment(column))
                tip = _TIPS[text] if text else "\n".join(one for one in facts if one) or contender.title
                item.setToolTip(plain_tip(tip))
                self.table.setItem(row, column, item)
        for text in _COMPARED:
            self.table.setColumnHidden(self._places[text, True], len(self._contenders) < 2)
        self._fit_height()
        self._fit_widths()
        self.set_theme(self._theme)
        self.show_rows({})

    def show_rows(self, rows: Mapping[str, RaceRow], comparisons: Mapping[str, Comparison] | None = None) -> None:
        """Show the results of the contenders, by key; missing values are shown as "—".

        ``comparisons`` contains the significance of each contender's difference from the baseline in accuracy; a
        difference within chance is greyed.
        """
        for contender in self._contenders:
            row = rows.get(contender.key)
            texts = _cells(row) if row else [NOTHING] * (len(_COLUMNS) - 1)
            for column, text in zip(_COLUMNS[1:], texts, strict=True):
                self._item(contender.key, column).setText(text)
        baseline = rows.get(baseline_of(self._contenders).key)
        for opponent in opponents_of(self._contenders):
            compared = _comparison(baseline, rows.get(opponent.key))
            for column, text in zip(_COMPARED, compared, strict=True):
                self._item(opponent.key, column, True).setText(text)
            is_compared = compared[0] != NOTHING
            self._compare(opponent.key, (comparisons or {}).get(opponent.key) if is_compared else None)

    def show_caption(self, text: str) -> None:
        """Show experiment, seed and engine of the results."""
        self._caption.setText(f"<b>Comparison</b>&nbsp;&nbsp; {escape(text or _NOTHING_YET)}")

    def show_note(self, sentence: str, tip: str) -> None:
        """Show a note on the validity of the accuracies, with details in the tooltip; empty hides it."""
        self.note.setText(sentence)
        self.note.setToolTip(plain_tip(tip))
        self.note.setVisible(bool(sentence))

    def show_stale(self, changed: str) -> None:
        """Show that the results belong to other settings.

        Parameters
        ----------
        changed
            Labels of the settings that differ; empty if the results belong to the current settings.
        """
        self._banner_text.setText(f"Results are from earlier settings ({changed} changed).")
        self.banner.setVisible(bool(changed))

    def set_again_enabled(self, enabled: bool, reason: str = "") -> None:
        """Enable or disable Retrain, with the reason."""
        self.again_button.setEnabled(enabled)
        self.again_button.setToolTip(plain_tip(reason))

    @property
    def stale_text(self) -> str:
        """The banner's text; empty if hidden."""
        return "" if self.banner.isHidden() else self._banner_text.text()

    def cell(self, contender: str, column: str) -> str:
        """Return the text of a contender's row in a column."""
        return self._item(contender, column).text()

    def name_tip(self, contender: str) -> str:
        """Return the tooltip of a contender's name."""
        return self._item(contender, "").toolTip()

    def comparison_cell(self, contender: str, column: str) -> str:
        """Return the text beside a column that compares a contender with the baseline."""
        return self._item(contender, column, True).text()

    def _compare(self, contender: str, comparison: Comparison | None) -> None:
        """Show the significance of the difference in accuracy."""
        item = self._item(contender, "Test accuracy", True)
        item.setToolTip(plain_tip(_TIPS["Test accuracy"] if comparison is None else comparison.describe()))
        self._grey.discard(contender)
        if comparison is not None and comparison.within_chance:
            self._grey.add(contender)
            item.setText(f"{item.text()} (n.s.)")
        self._paint_difference(contender)

    def _paint_difference(self, contender: str) -> None:
        colour = self._theme.muted if contender in self._grey else self._theme.foreground
        self._item(contender, "Test accuracy", True).setForeground(QColor(colour))

    def set_theme(self, theme: Theme) -> None:
        """Colour the contenders' names like their curves."""
        self._theme = theme
        restyle(self.banner, _BANNER_STYLE)
        self.note.setStyleSheet(f"color: {theme.muted.name()};")
        for opponent in opponents_of(self._contenders):
            self._paint_difference(opponent.key)
        for contender in self._contenders:
            for text in _COMPARED[1:]:
                self._item(contender.key, text, True).setForeground(QColor(theme.muted))
            item = self._item(contender.key, "")
            item.setForeground(QColor(series_colour(contender.colour, theme)))
            font = item.font()
            font.setBold(True)
            item.setFont(font)

    def _item(self, contender: str, column: str, is_compared: bool = False) -> QTableWidgetItem:
        row = [one.key for one in self._contenders].index(contender)
        item = self.table.item(row, self._places[column, is_compared])
        assert item is not None
        return item


def _places() -> dict[tuple[str, bool], int]:
    """Return the index of each column, by its name and whether it is relative to the baseline."""
    names = [(name, is_compared) for name in _COLUMNS for is_compared in (False, True)]
    shown = [(name, is_compared) for name, is_compared in names if not is_compared or name in _COMPARED]
    return {one: index for index, one in enumerate(shown)}


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignLeft if column == 0 else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter


def _cells(row: RaceRow) -> list[str]:
    return [
        accuracy_text(row.test_accuracy, row.n_test),
        f"{row.epoch} of {row.n_epochs}",
        ", ".join(str(rank) for rank in row.ranks),
        f"{row.n_weights:,}",
        operations_text(row.flops, "FLOP") if row.epoch else NOTHING,
        f"{row.train_s:.{3 if row.train_s < 1 else 2}f} s" if row.epoch else NOTHING,
    ]


def _comparison(baseline: RaceRow | None, one: RaceRow | None) -> list[str]:
    """Compare the networks after the same number of epochs."""
    if baseline is None or one is None or baseline.epoch != one.epoch:
        return [NOTHING] * len(_COMPARED)
    return [
        points_text(one.test_accuracy - baseline.test_accuracy).removesuffix(" points"),
        _ratio(one.n_weights, baseline.n_weights),
        _ratio(one.flops, baseline.flops),
        _ratio(one.train_s, baseline.train_s),
    ]


def _ratio(value: float, baseline: float) -> str:
    return f"× {value / baseline:.2f}" if baseline > 0 and value > 0 else NOTHING
