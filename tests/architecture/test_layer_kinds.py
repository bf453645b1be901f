"""Nothing outside the layer families compares a layer's kind with the name of a family."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlpsvd.network.layers import family_names

NAMES = set(family_names())
CONSTANTS = {"DENSE", "SVD", "TWO_FACTOR"}


def names_a_family(node: ast.AST) -> bool:
    """Whether an expression contains the name of a family: as a text, or through one of the exported families."""
    return any(
        (isinstance(one, ast.Constant) and one.value in NAMES) or (isinstance(one, ast.Name) and one.id in CONSTANTS)
        for one in ast.walk(node)
    )


def comparisons(source: str) -> Iterator[int]:
    """Yield the line of every comparison or match case with the name of a family."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare):
            if any(names_a_family(one) for one in (node.left, *node.comparators)):
                yield node.lineno
        elif isinstance(node, ast.MatchValue) and names_a_family(node.value):
            yield node.value.lineno


def test_no_module_asks_for_a_layers_kind_by_name(project_root: Path) -> None:
    families = project_root / "core/mlpsvd/network/layers"
    kernels = "core/mlpsvd/engines/cpu/kernels.py"  # compares codes of its own, which have the same names
    found = []
    for folder in ("core/mlpsvd", "mlpsvd_gui"):
        for path in sorted((project_root / folder).rglob("*.py")):
            name = str(path.relative_to(project_root))
            if families not in path.parents and name != kernels:
                found += [f"{name}:{line}" for line in comparisons(path.read_text("utf-8"))]
    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        'layer.kind == "svd"',
        'set(kinds) != {"dense"}',
        'kind in ("two-factor", other)',
        "layer.kind is DENSE.name",
        'match kind:\n    case "svd": pass',
    ],
)
def test_a_comparison_is_found(source: str) -> None:
    assert list(comparisons(source))


def test_a_choice_is_no_comparison() -> None:
    assert not list(comparisons('kinds = ("svd",) * 3 + ("dense",)'))
