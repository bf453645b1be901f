"""The faults because of which PySide6 and pyqtgraph are pinned; run this with newer versions."""

from __future__ import annotations

import sys
from xml.etree import ElementTree

import pyqtgraph as pg
from pyqtgraph.exporters import SVGExporter
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot


def test_void_calls_lose_no_reference_to_none(qtbot: QtBot) -> None:
    """PySide6 6.12 on Python 3.10 and 3.11 loses one for each call, and aborts after some 16,000."""
    label = QLabel()
    qtbot.addWidget(label)
    before = sys.getrefcount(None)
    for _ in range(20_000):
        label.update()
    assert abs(sys.getrefcount(None) - before) < 1_000


def test_pyqtgraph_exports_svg(qtbot: QtBot) -> None:
    """PySide6 6.11 takes this away."""
    widget = pg.PlotWidget()
    qtbot.addWidget(widget)
    widget.plot([0.0, 1.0, 2.0], [1.0, 3.0, 2.0])
    text = SVGExporter(widget.getPlotItem()).export(toBytes=True)
    root = ElementTree.fromstring(text)
    assert root.tag.endswith("svg")
    assert [element for element in root.iter() if element.tag.endswith(("path", "polyline"))]
