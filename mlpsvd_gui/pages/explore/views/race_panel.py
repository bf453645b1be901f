"""Results of the race: accuracy and cost of each network, and their ratio to the baseline; measured values only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
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
from mlpsvd.metrics.uncertainty import ASSUMPTION, Comparison, accuracy_text, points_text
from mlpsvd_gui.plots.theme import LIGHT, Theme, series_colour, small_font
from mlpsvd_gui.qt_text import plain_tip
from mlpsvd_gui.widgets.eliding import ElidedLabel
from mlpsvd_gui.widgets.plain_label import PlainLabel
from mlpsvd_gui.widgets.style_sheets import restyle

__all__ = ["RacePanel", "RaceRow"]

NOTHING = "—"
_ACCURACY = 1
_COLUMNS = ("", "Test accuracy", "Epoch", "Rank", "Trained weights", "Operations", "Training time")
_TIPS = (
    "",
    f"Fraction of test clips classified correctly after the latest epoch. {ASSUMPTION}",
    "Epochs trained so far",
    "Remaining singular values of each layer, input side first",
    "Number of trained weights and biases after the latest epoch",
    "Floating-point operations of all training epochs so far (counted, not measured)",
    "Measured training time on this machine, including discarding, without evaluation",
)
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
        self.table = QTableWidget(0, len(_COLUMNS), self)
        self._contenders: tuple[Contender, ...] = ()
        self._grey: set[str] = set()
        self._theme = LIGHT
        self._caption = QLabel(self)
        self.note = ElidedLabel(parent=self)
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
        layout.setContentsMargins(8, 4, 8, 4)
        layout.setSpacing(4)
        self._build_banner()
        self._build_table()
        self._caption.setTextFormat(Qt.TextFormat.RichText)
        self._caption.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self._caption.setMinimumWidth(1)
        self._caption.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.note.setFont(small_font())
        self.note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        head = QHBoxLayout()
        head.setSpacing(16)
        head.addWidget(self._caption)
        head.addWidget(self.note, 1)
        layout.addLayout(head)
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
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        table.horizontalHeader().setHighlightSections(False)
        for column, text in enumerate(_COLUMNS):
            heading = QTableWidgetItem(text)
            heading.setToolTip(_TIPS[column])
            heading.setTextAlignment(_alignment(column))
            table.setHorizontalHeaderItem(column, heading)

    def _fit_height(self) -> None:
        row_height = self.table.fontMetrics().height() + 6
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
        """Make a row for each contender, and one for each comparison with the baseline."""
        self._contenders = tuple(contenders)
        self._grey = set()
        baseline = baseline_of(self._contenders)
        shows = {one.title: one.shows for one in opponents_of(self._contenders)}
        against = [f"{one.title} relative to {baseline.title}" for one in opponents_of(self._contenders)]
        names = [*(one.title for one in self._contenders), *against]
        self.table.setRowCount(len(names))
        for row, name in enumerate(names):
            for column in range(len(_COLUMNS)):
                item = QTableWidgetItem(NOTHING if column else name)
                item.setTextAlignment(_alignment(column))
                tip = shows.get(name) or shows.get(name.removesuffix(f" relative to {baseline.title}")) or name
                item.setToolTip(_TIPS[column] if column else plain_tip(tip))
                self.table.setItem(row, column, item)
        self._fit_height()
        self.set_theme(self._theme)
        self.show_rows({})

    def show_rows(self, rows: Mapping[str, RaceRow], comparisons: Mapping[str, Comparison] | None = None) -> None:
        """Show the results of the contenders, by key; missing values are shown as "—".

        ``comparisons`` contains the significance of each contender's difference from the baseline in accuracy; a
        difference within chance is greyed.
        """
        for index, contender in enumerate(self._contenders):
            row = rows.get(contender.key)
            self._fill(index, _cells(row) if row else [NOTHING] * (len(_COLUMNS) - 1))
        baseline = rows.get(baseline_of(self._contenders).key)
        for opponent in opponents_of(self._contenders):
            index = self._comparison_row(opponent.key)
            self._fill(index, _comparison(baseline, rows.get(opponent.key)))
            is_compared = self._item(index, _ACCURACY).text() != NOTHING
            self._compare(opponent.key, (comparisons or {}).get(opponent.key) if is_compared else None)

    def show_caption(self, text: str) -> None:
        """Show experiment, seed and engine of the results."""
        self._caption.setText(f"<b>Comparison</b>&nbsp;&nbsp; {escape(text or _NOTHING_YET)}")

    def show_note(self, sentence: str, tip: str) -> None:
        """Show a note on the validity of the accuracies, with details in the tooltip; empty hides it."""
        self.note.setText(sentence)
        self.note.setToolTip(plain_tip(tip))

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
        row = [one.key for one in self._contenders].index(contender)
        return self._item(row, _COLUMNS.index(column)).text()

    def comparison_cell(self, contender: str, column: str) -> str:
        """Return the text in the row that compares a contender with the baseline, under a column's heading."""
        return self._item(self._comparison_row(contender), _COLUMNS.index(column)).text()

    def _comparison_row(self, contender: str) -> int:
        return len(self._contenders) + [one.key for one in opponents_of(self._contenders)].index(contender)

    def _compare(self, contender: str, comparison: Comparison | None) -> None:
        """Show the significance of the difference in accuracy."""
        item = self._item(self._comparison_row(contender), _ACCURACY)
        item.setToolTip(plain_tip(_TIPS[_ACCURACY] if comparison is None else comparison.describe()))
        self._grey.discard(contender)
        if comparison is not None and comparison.within_chance:
            self._grey.add(contender)
            item.setText(f"{item.text()} (n.s.)")
        self._paint_difference(contender)

    def _paint_difference(self, contender: str) -> None:
        colour = self._theme.muted if contender in self._grey else self._theme.foreground
        self._item(self._comparison_row(contender), _ACCURACY).setForeground(QColor(colour))

    def set_theme(self, theme: Theme) -> None:
        """Colour the contenders' names like their curves."""
        self._theme = theme
        restyle(self.banner, _BANNER_STYLE)
        self.note.setStyleSheet(f"color: {theme.muted.name()};")
        for opponent in opponents_of(self._contenders):
            self._paint_difference(opponent.key)
        for row, contender in enumerate(self._contenders):
            item = self._item(row, 0)
            item.setForeground(QColor(series_colour(contender.colour, theme)))
            font = item.font()
            font.setBold(True)
            item.setFont(font)

    def _fill(self, row: int, texts: list[str]) -> None:
        for column, text in enumerate(texts, start=1):
            self._item(row, column).setText(text)

    def _item(self, row: int, column: int) -> QTableWidgetItem:
        item = self.table.item(row, column)
        assert item is not None
        return item


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignLeft if column == 0 else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter


def _cells(row: RaceRow) -> list[str]:
    return [
        accuracy_text(row.test_accuracy, row.n_test),
        f"{row.epoch} of {row.n_epochs}",
        ", ".join(str(rank) for rank in row.ranks),
        f"{row.n_weights:,}",
        _operations(row.flops) if row.epoch else NOTHING,
        f"{row.train_s:.{3 if row.train_s < 1 else 2}f} s" if row.epoch else NOTHING,
    ]


def _operations(flops: int) -> str:
    for factor, prefix in ((1e12, "T"), (1e9, "G"), (1e6, "M")):
        if flops >= factor:
            return f"{flops / factor:.2f} {prefix}FLOP"
    return f"{flops:,} FLOP"


def _comparison(baseline: RaceRow | None, one: RaceRow | None) -> list[str]:
    """Compare the networks after the same number of epochs."""
    if baseline is None or one is None or baseline.epoch != one.epoch:
        return [NOTHING] * (len(_COLUMNS) - 1)
    return [
        points_text(one.test_accuracy - baseline.test_accuracy),
        NOTHING,
        NOTHING,
        _ratio(one.n_weights, baseline.n_weights),
        _ratio(one.flops, baseline.flops),
        _ratio(one.train_s, baseline.train_s),
    ]


def _ratio(value: float, baseline: float) -> str:
    return f"× {value / baseline:.2f}" if baseline > 0 and value > 0 else NOTHING
