"""The dialog About MLP-SVD: version, licences, and where files lie."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import Qt, QUrl, qVersion
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QHBoxLayout, QTextBrowser, QVBoxLayout, QWidget

import mlpsvd
from mlpsvd.cli.installation import Library, libraries, places, program_folder, third_party_file
from mlpsvd_gui.qt_text import plain_tip
from mlpsvd_gui.widgets.choosers import Tabs
from mlpsvd_gui.widgets.icons import app_icon
from mlpsvd_gui.widgets.plain_label import PlainLabel

__all__ = ["AboutDialog"]

_ICON = 64
_WIDTH, _HEIGHT = 720, 520
_QT_SOURCE = "https://download.qt.io/official_releases/QtForPython/"
_LGPL = "https://www.gnu.org/licenses/lgpl-3.0.html"


class AboutDialog(QDialog):
    """Version and reference above; below, licences and paths, which can be copied."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("About MLP-SVD")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(_WIDTH, _HEIGHT)
        self._tabs = Tabs(self)
        self._tabs.setDocumentMode(True)
        for title, html in (("Program", _program()), ("Licences", _licences()), ("Files", _files())):
            self._tabs.addTab(_text(html), title)
        layout = QVBoxLayout(self)
        layout.addLayout(_heading())
        layout.addWidget(self._tabs, 1)
        layout.addWidget(self._buttons())

    @property
    def text(self) -> str:
        """The text of all tabs, as it is copied."""
        pages = [self._tabs.widget(index) for index in range(self._tabs.count())]
        texts = [page.toPlainText() for page in pages if isinstance(page, QTextBrowser)]
        return "\n\n".join([f"MLP-SVD {mlpsvd.__version__}", *texts])

    def _buttons(self) -> QDialogButtonBox:
        box = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        box.rejected.connect(self.close)
        copy = box.addButton("&Copy", QDialogButtonBox.ButtonRole.ActionRole)
        copy.setToolTip("Copy the text of all tabs")
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.text))
        path = third_party_file()
        if path is not None:
            texts = box.addButton("&Licence texts", QDialogButtonBox.ButtonRole.ActionRole)
            texts.setToolTip(plain_tip(str(path)))
            texts.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))))
        return box


def _heading() -> QHBoxLayout:
    picture = PlainLabel()
    picture.setPixmap(app_icon().pixmap(_ICON, _ICON))
    title = PlainLabel(text=f"MLP-SVD {mlpsvd.__version__}")
    font = title.font()
    font.setBold(True)
    font.setPointSizeF(1.5 * font.pointSizeF())
    title.setFont(font)
    words = QVBoxLayout()
    words.addWidget(title)
    words.addWidget(PlainLabel(text="How neural networks classify acoustic spectra"))
    row = QHBoxLayout()
    row.setSpacing(16)
    row.addWidget(picture)
    row.addLayout(words, 1)
    return row


def _text(html: str) -> QTextBrowser:
    browser = QTextBrowser()
    browser.setOpenExternalLinks(True)
    browser.setHtml(html)
    return browser


def _program() -> str:
    return (
        "<p>Trains multilayer perceptrons, and multilayer perceptrons whose weight matrices are kept as singular value "
        "decompositions, and shows what they learn.</p>"
        "<p>Method, task and equations: V. S. Paul and P. A. Nelson, <i>Matrix analysis for fast learning of neural "
        "networks with application to the classification of acoustic spectra</i>, J. Acoust. Soc. Am. 149(6), "
        '4119–4133 (2021), <a href="https://doi.org/10.1121/10.0005126">doi:10.1121/10.0005126</a>. Please cite it if '
        "you publish results obtained with this program.</p>"
        "<p>MLP-SVD is free software under the MIT licence: it may be used, changed and passed on, without warranty. "
        "<i>Licences</i> lists the libraries that it uses.</p>"
    )


def _licences() -> str:
    rows = "".join(_row(one) for one in libraries())
    return (
        f"<p>The window uses Qt {qVersion()} and PySide6 under the GNU Lesser General Public License, version 3 "
        f'(<a href="{_LGPL}">LGPL-3.0</a>). They are separate shared libraries in {escape(str(_qt_folder()))} and may '
        "be replaced by other compatible versions. Their source code is at "
        f'<a href="{_QT_SOURCE}">{_QT_SOURCE}</a>. soxr and libsndfile, which soundfile uses, are under the LGPL-2.1; '
        "the same holds for them.</p>"
        f'<table cellspacing="0" cellpadding="3"><tr><th align="left">Library</th><th align="left">Version</th>'
        f'<th align="left">Licence</th></tr>{rows}</table>'
    )


def _qt_folder() -> str:
    import PySide6

    return str(next(iter(PySide6.__path__), program_folder()))


def _row(one: Library) -> str:
    return "<tr>" + "".join(f"<td>{escape(text)}</td>" for text in (one.name, one.version, one.licence)) + "</tr>"


def _files() -> str:
    rows = "".join(f"<tr><td>{escape(name)}</td><td>{escape(path)}</td></tr>" for name, path in places())
    return f'<table cellspacing="0" cellpadding="3">{rows}</table>'
