"""Texts of the window pass through helpers that show names from files as text, never as markup."""

from __future__ import annotations

import ast
from pathlib import Path

RICH_TIPS = {
    "widgets/setting_row.py",
    "widgets/number_field.py",
    "pages/listen/views/settings_form.py",
    "pages/record/views/controls.py",
}
"""Modules whose tooltips are markup made of the program's own words alone, in a variable of this name."""
RICH_TIP = "rich_tip"
RICH_LABELS = {
    "pages/listen/views/calibration_dialog.py",
    "widgets/note_list.py",
    "pages/explore/views/race_panel.py",
    "pages/record/views/welcome.py",
    "pages/explore/views/training_panel.py",
}
"""Modules with one label of markup each or of the program's own words; names in it are escaped."""


def is_own_text(argument: ast.expr) -> bool:
    """Whether a text is a literal, a constant, or made by the helper."""
    match argument:
        case ast.Constant():
            return True
        case ast.IfExp(body=body, orelse=other):
            return is_own_text(body) and is_own_text(other)
        case ast.BoolOp(values=values):
            return all(is_own_text(one) for one in values)
        case ast.Name(id=name) | ast.Subscript(value=ast.Name(id=name)):
            return name.isupper()
        case ast.Call(func=ast.Name(id="plain_tip") | ast.Attribute(attr="full_tip")):
            return True
    return False


def calls(folder: Path) -> list[tuple[str, str, ast.Call]]:
    """Return module, name and node of every call in the window's code."""
    found = []
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                function = node.func
                name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
                found.append((path.relative_to(folder).as_posix(), name, node))
    return found


def test_every_tooltip_that_may_hold_a_name_goes_through_the_helper(project_root: Path) -> None:
    checked, bare = 0, []
    for module, name, node in calls(project_root / "mlpsvd_gui"):
        if name not in ("setToolTip", "setTabToolTip", "showText"):
            continue
        checked += 1
        text = node.args[1] if name == "showText" else node.args[-1]
        is_rich = module in RICH_TIPS and isinstance(text, ast.Name) and text.id == RICH_TIP
        if not is_rich and not is_own_text(text):
            bare.append(f"{module}:{node.lineno}: {ast.unparse(text)}")
    assert checked > 100
    assert bare == [], "wrap these in mlpsvd_gui.qt_text.plain_tip"


def test_every_label_that_may_hold_a_name_is_a_plain_label(project_root: Path) -> None:
    bare = []
    for module, name, node in calls(project_root / "mlpsvd_gui"):
        is_literal = bool(node.args) and isinstance(node.args[0], ast.Constant)
        if name == "QLabel" and not is_literal and module not in RICH_LABELS and not module.startswith("plots/"):
            bare.append(f"{module}:{node.lineno}")
    assert bare == [], "use mlpsvd_gui.widgets.plain_label.PlainLabel, or a literal text"
