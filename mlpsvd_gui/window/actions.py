"""Actions of menus, toolbar and shortcuts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QActionGroup, QColor, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from mlpsvd.contenders import DEFAULT_CONTENDERS, Contender, named_contenders, opponents_of
from mlpsvd_gui.qt_text import menu_text, plain_tip
from mlpsvd_gui.widgets.icons import icon

__all__ = ["WindowActions", "export_tip", "fill_menu_bar"]

_SPEEDS = ((None, "&Full speed"), (20.0, "&Slow (20 epochs/s)"), (4.0, "Step &by step (4 epochs/s)"))
_THEMES = (("system", "&Follow the system"), ("light", "&Light"), ("dark", "&Dark"))


def export_tip(contender: Contender) -> str:
    """Return the tooltip of the action that exports a contender's model."""
    return f"Export the trained {contender.title} as a model file (.safetensors)"


class WindowActions(QObject):
    """The actions, without their behaviour."""

    export_requested = Signal(str)
    """Emits the key of the contender whose model is to be exported."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        new = self._new
        keys = QKeySequence.StandardKey
        self.open = new("&Open experiment…", keys.Open, "Open an experiment, a run folder or a model", "open")
        self.open_run = new("Open &run folder…", "Ctrl+Shift+O", "Open a saved run")
        self.save = new("&Save experiment", keys.Save, "Save all settings as a TOML file", "save")
        self.save_as = new("Save experiment &as…", "Ctrl+Shift+S", "Save all settings as another file")
        self.save_run = new("Save run to &folder…", "Ctrl+R", "Save experiment, results, histories, figures and models")
        self.new_project = new("New &project…", None, "Create a folder with this experiment, its runs and collections")
        self.open_project = new("Open pro&ject…", None, "Open a project, with its runs and the layout of the window")
        self.save_project = new("Sa&ve project", None, "Save the project now; it is saved as changes happen, too")
        self.close_project = new("&Close project", None, "Save the project and return to your other experiments")
        self.export_pictures = new("All &pictures…", None, "Draw all pictures of the run for print, with their numbers")
        self.import_model = new("&Model…", None, "Import a network that scikit-learn or PyTorch has trained")
        self.export_filters = new("&Filters…", None, "Save the filters as second-order sections")
        self.import_annotations = new(
            "&Annotations…", None, "Cut annotated stretches out of recordings (Raven, Audacity), as clips for training"
        )
        self.import_filters = new("&Filters…", None, "Replace the filters by those of a CSV or MATLAB file")
        self.export_clips = new("&Clips…", None, "Save all clips as WAV files with a manifest, to a new folder")
        self.export_features = new("Fea&tures…", None, "Save the feature vectors for NumPy or MATLAB")
        self.save_report = new("&Report…", None, "Write a report of the run as one HTML file")
        self.quit = new("&Quit", "Ctrl+Q", "Stop training and close the window")
        self.undo = new("&Undo", keys.Undo, "Undo the last change on this page")
        self.redo = new("&Redo", keys.Redo, "Redo the last undone change")
        self.redo.setShortcuts(
            list(dict.fromkeys([*QKeySequence.keyBindings(keys.Redo), QKeySequence("Ctrl+Shift+Z")]))
        )
        self.go_back = new(
            "&Back to my unsaved settings", None, "Restore the unsaved settings that another experiment replaced"
        )
        self.train = new("&Train", "F5", "Train the networks on the same data", "train")
        self.pause = new("&Pause", "F6", "Pause after the current epoch", "pause")
        self.stop = new("Stop (&keep results)", "F7", "Stop after the current epoch and keep the results", "stop")
        self.sweep = new("S&weep…", None, "Train the experiment with all combinations of some settings")
        self.reset_layout = new("&Reset layout", None, "Reset the layout of all panels", "reset")
        self.welcome = new("&Welcome", None, "Show the page of the first start: the paper's task, examples, recordings")
        self.tour = new("&Tour", None, "Lead through the panels of Explore")
        self.contents = new("&Contents", None, "Open the documentation in the browser")
        self.panel_help = new("&Help on this panel", keys.HelpContents, "Open the page about the panel with the focus")
        self.what_is_this = new("&What is this?", keys.WhatsThis, "Click a panel to see what it is for")
        self.shortcuts = new("&Shortcuts", "Ctrl+F1", "Show keys and mouse gestures")
        self.show_log = new("Open &log file", None, "Open the log file, for error reports")
        self.about = new("&About MLP-SVD", None, "Show version, licences and where files lie")
        self.recent_projects = QMenu("Recent projec&ts", parent)
        self.recent_runs = QMenu("Recent r&uns", parent)
        self.export_menu = QMenu("&Model", parent)
        self.exports: dict[str, QAction] = {}
        self.show_contenders(named_contenders(DEFAULT_CONTENDERS))
        self.open.setIconText("Open")
        self.save.setIconText("Save")
        self.presets: list[QAction] = []
        self.speeds = QActionGroup(self)
        for epochs_per_s, text in _SPEEDS:
            action = self._new(
                text, None, "Training speed. Slow speeds pause between epochs; measured times exclude the pauses."
            )
            action.setCheckable(True)
            action.setChecked(epochs_per_s is None)
            action.setData(epochs_per_s)
            self.speeds.addAction(action)
        self.themes = QActionGroup(self)
        for name, text in _THEMES:
            action = self._new(text, None, "Colour theme of the window")
            action.setCheckable(True)
            action.setData(name)
            self.themes.addAction(action)
        self.quit.setMenuRole(QAction.MenuRole.QuitRole)
        self.about.setMenuRole(QAction.MenuRole.AboutRole)

    def _new(self, text: str, key: QKeySequence.StandardKey | str | None, tip: str, icon_name: str = "") -> QAction:
        action = QAction(text, self)
        if key is not None:
            action.setShortcut(QKeySequence(key))
        shortcut = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        action.setToolTip(plain_tip(f"{tip} ({shortcut})" if shortcut else tip))
        action.setStatusTip(tip)
        action.setData(icon_name)
        return action

    def show_contenders(self, contenders: Sequence[Contender]) -> None:
        """Make an action for the export of each contender; the first that is compared with another has the key."""
        self.export_menu.clear()
        self.exports = {}
        with_key = next(iter(opponents_of(contenders)), contenders[0])
        for one in contenders:
            action = self._new(f"{menu_text(one.title)}…", "Ctrl+E" if one is with_key else None, export_tip(one))
            action.triggered.connect(lambda _=False, key=one.key: self.export_requested.emit(key))
            self.exports[one.key] = action
            self.export_menu.addAction(action)

    def add_presets(self, names: Mapping[str, str], chosen: Callable[[str], None]) -> None:
        """Add one action for each preset; ``names`` holds the short name of each."""
        for name, short in names.items():
            action = QAction(name, self)
            action.setToolTip(plain_tip(f"On the command line: --preset {short}"))
            action.triggered.connect(lambda _=False, name=name: chosen(name))
            self.presets.append(action)

    def tint(self, colour: QColor) -> None:
        """Draw the icons in a colour that contrasts with the background."""
        for action in (self.open, self.save, self.train, self.pause, self.stop, self.reset_layout):
            action.setIcon(icon(action.data(), colour))

    def show_history(self, undo_text: str, redo_text: str) -> None:
        """Show what undo and redo would do, as text of a menu; an empty text disables the action."""
        for action, word, text in ((self.undo, "&Undo", undo_text), (self.redo, "&Redo", redo_text)):
            action.setText(f"{word} {text}".strip())
            action.setEnabled(bool(text))

    def set_paused(self, paused: bool) -> None:
        """Make the pause action resume, or pause again."""
        self.pause.setText("&Resume" if paused else "&Pause")
        self.pause.setToolTip("Resume training (F6)" if paused else "Pause after the current epoch (F6)")


def fill_menu_bar(bar: QMenuBar, actions: WindowActions) -> QMenu:
    """Build all menus; return the menu of recent files, which is filled when it opens."""
    file_menu = bar.addMenu("&File")
    preset_menu = file_menu.addMenu("&New from preset")
    preset_menu.addActions(actions.presets)
    preset_menu.setToolTipsVisible(True)
    file_menu.addActions([actions.open, actions.open_run])
    recent = file_menu.addMenu("Open re&cent")
    file_menu.addMenu(actions.recent_runs)
    file_menu.addSeparator()
    file_menu.addActions([actions.new_project, actions.open_project])
    file_menu.addMenu(actions.recent_projects)
    file_menu.addActions([actions.save_project, actions.close_project])
    file_menu.addSeparator()
    file_menu.addActions([actions.save, actions.save_as])
    file_menu.addSeparator()
    file_menu.addAction(actions.save_run)
    exports = file_menu.addMenu("&Export")
    exports.addMenu(actions.export_menu)
    exports.addActions([actions.export_pictures, actions.save_report])
    exports.addActions([actions.export_filters, actions.export_clips, actions.export_features])
    file_menu.addMenu("&Import").addActions([actions.import_model, actions.import_filters, actions.import_annotations])
    file_menu.addSeparator()
    file_menu.addAction(actions.quit)
    edit_menu = bar.addMenu("&Edit")
    edit_menu.addActions([actions.undo, actions.redo])
    edit_menu.addSeparator()
    edit_menu.addAction(actions.go_back)
    train_menu = bar.addMenu("&Train")
    train_menu.addActions([actions.train, actions.pause, actions.stop])
    train_menu.addSeparator()
    train_menu.addAction(actions.sweep)
    train_menu.addSeparator()
    train_menu.addActions(actions.speeds.actions())
    view_menu = bar.addMenu("&View")
    view_menu.addMenu(_theme_menu(actions, view_menu))
    view_menu.addAction(actions.reset_layout)
    help_menu = bar.addMenu("&Help")
    help_menu.addActions([actions.welcome, actions.tour])
    help_menu.addSeparator()
    help_menu.addActions([actions.contents, actions.panel_help, actions.what_is_this])
    help_menu.addSeparator()
    help_menu.addActions([actions.shortcuts, actions.show_log])
    help_menu.addSeparator()
    help_menu.addAction(actions.about)
    return recent


def _theme_menu(actions: WindowActions, parent: QWidget) -> QMenu:
    menu = QMenu("&Colours", parent)
    menu.addActions(actions.themes.actions())
    return menu
