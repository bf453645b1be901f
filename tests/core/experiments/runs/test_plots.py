"""Figures for print: the right size, resolution and fonts, for every shape of a run."""

from __future__ import annotations

import dataclasses
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.image import imread

from mlpsvd.contenders import CONTENDERS, Contender
from mlpsvd.drawing import style
from mlpsvd.errors import MissingLibraryError
from mlpsvd.experiments.runs import plots

COLUMN_IN = 3.39


def by_contender(histories: dict[str, Any]) -> dict[Contender, Any]:
    return {CONTENDERS[name]: history for name, history in histories.items()}


def test_files_are_one_column_wide_at_300_dpi_with_embedded_fonts(run: Any, tmp_path: Path) -> None:
    png, svg, pdf = plots.save_figure(plots.accuracy_and_loss(by_contender(run.histories)), tmp_path, "curves")
    width = struct.unpack(">I", png.read_bytes()[16:20])[0]
    assert width == pytest.approx(COLUMN_IN * 300, abs=1)
    assert svg.read_text(encoding="utf-8").lstrip().startswith("<?xml")
    content = pdf.read_bytes()
    assert b"/FontFile2" in content  # TrueType, embedded
    assert b"/Type3" not in content


def test_the_same_figure_gives_the_same_bytes(run: Any, tmp_path: Path) -> None:
    first = [
        path.read_bytes()
        for path in plots.save_figure(plots.rank_and_weights(by_contender(run.histories)), tmp_path, "a")
    ]
    again = [
        path.read_bytes()
        for path in plots.save_figure(plots.rank_and_weights(by_contender(run.histories)), tmp_path, "a")
    ]
    assert first == again


def test_curves_hold_the_runs_numbers(run: Any) -> None:
    figure = plots.accuracy_and_loss(by_contender(run.histories))
    lines: dict[object, Any] = {line.get_label(): line for line in figure.axes[0].get_lines()}
    expected = [100 * event.test_accuracy for event in run.histories["mlp-svd"]]
    np.testing.assert_allclose(lines["MLP-SVD, test"].get_ydata(), expected)
    marked = [event.epoch for event in run.histories["mlp-svd"] if event.discarded]
    assert marked
    assert list(lines["Values discarded"].get_xdata()) == marked
    ranks: dict[object, Any] = {
        line.get_label(): line for line in plots.rank_and_weights(by_contender(run.histories)).axes[0].get_lines()
    }
    assert list(ranks["MLP-SVD, layer 1"].get_ydata()) == [event.ranks[0] for event in run.histories["mlp-svd"]]


def test_absent_singular_values_are_left_blank(run: Any) -> None:
    history = run.histories["mlp-svd"]
    (image,) = plots.singular_values(history).axes[0].get_images()
    array: Any = image.get_array()
    shown = np.ma.masked_invalid(array)
    assert shown.shape == (20, len(history))
    assert shown[:, -1].count() == history[-1].ranks[0] < 20


@pytest.mark.parametrize("n_events", [1, 2])
def test_a_run_stopped_early_is_drawn(n_events: int, run: Any, tmp_path: Path) -> None:
    histories = {name: history[:n_events] for name, history in run.histories.items()}
    plots.save_figure(plots.accuracy_and_loss(by_contender(histories)), tmp_path, "a")
    plots.save_figure(plots.rank_and_weights(by_contender(histories)), tmp_path, "b")
    plots.save_figure(plots.singular_values(histories["mlp"]), tmp_path, "c")
    assert len(list(tmp_path.iterdir())) == 9


def test_singular_values_that_are_zero_are_drawn(run: Any, tmp_path: Path) -> None:
    event = run.histories["mlp"][0]
    zeros = dataclasses.replace(event, singular_values=tuple(0 * values for values in event.singular_values))
    plots.save_figure(plots.singular_values([zeros]), tmp_path, "a")


@pytest.mark.parametrize("n_classes", [2, 5, 40])
def test_any_class_names_are_drawn_as_they_are(n_classes: int, tmp_path: Path) -> None:
    names = ["$x^", "a_very_long_name_of_a_class_of_sounds", "音", *(str(index) for index in range(n_classes))]
    matrix = np.arange(n_classes**2).reshape(n_classes, n_classes)
    figure = plots.confusion(matrix, names[:n_classes], "Title")
    assert figure.axes[0].get_xticklabels()[0].get_text() == "$x^"
    plots.save_figure(figure, tmp_path, "confusion")


def test_a_class_without_test_clips_has_an_empty_row() -> None:
    figure = plots.confusion(np.array([[3, 1], [0, 0]]), ["a", "b"], "Title")
    (image,) = figure.axes[0].get_images()
    np.testing.assert_allclose(np.asarray(image.get_array()), [[75, 25], [0, 0]])


def test_a_users_own_style_is_neither_used_nor_changed(run: Any) -> None:
    with mpl.rc_context({"font.size": 30.0, "axes.facecolor": "black"}):
        figure = plots.accuracy_and_loss(by_contender(run.histories))
        assert mpl.rcParams["font.size"] == 30.0
        assert figure.axes[0].get_facecolor() == (1.0, 1.0, 1.0, 1.0)
        assert figure.axes[0].yaxis.label.get_fontsize() == 8


def test_pyplot_is_never_loaded() -> None:
    program = """
import sys
import numpy as np
from mlpsvd.experiments.runs import plots
assert "matplotlib" not in sys.modules
plots.confusion(np.eye(2, dtype=int), ["a", "b"], "Title")
print("matplotlib.pyplot" in sys.modules)
"""
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert result.stdout.strip() == "False", result.stderr


def test_a_missing_matplotlib_is_one_sentence(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingLibraryError, match="Plots need Matplotlib"):
        plots.accuracy_and_loss(by_contender(run.histories))


@pytest.mark.parametrize("n", [2, 16, 40, 300])
def test_a_confusion_matrix_of_any_size_has_names_that_can_be_read_and_blank_zeros(n: int) -> None:
    names = [f"{index:03d} is a class whose name has 40 letters" for index in range(n)]
    (axes, _) = plots.confusion(np.diag(np.full(n, 7)), names, "title").axes
    shown = [label.get_text() for label in axes.get_xticklabels()]
    assert len(shown) == min(n, -(-n // -(-n // 50))) <= 50
    assert shown[0] == "000 is…letters"
    assert [text.get_text() for text in axes.texts] == (["100"] * n if n <= 12 else [])


def test_the_three_formats_share_one_layout_and_the_figure_keeps_its_engine(tmp_path: Path) -> None:
    figure = plots.confusion(np.eye(5, dtype=int), ["a long name of a class", "b", "c", "d", "e"], "Title")
    engine, dpi = figure.get_layout_engine(), figure.get_dpi()
    places = []
    figure.canvas.mpl_connect("draw_event", lambda _: places.append(figure.axes[0].get_position().bounds))
    png, _, _ = plots.save_figure(figure, tmp_path, "a")
    assert len(places) == 3, "one drawing for each format"
    assert len(set(places)) == 1
    assert (figure.get_layout_engine(), figure.get_dpi()) == (engine, dpi)
    figure = plots.confusion(np.eye(5, dtype=int), ["a long name of a class", "b", "c", "d", "e"], "Title")
    with style():
        figure.savefig(tmp_path / "plain.png", dpi=300)
    np.testing.assert_array_equal(imread(png), imread(tmp_path / "plain.png"))
