"""Settings of Sphinx, which makes the documentation site from the pages of this folder (packaging/build docs)."""

import sys
from pathlib import Path

from mlpsvd import __version__

sys.path.insert(0, str(Path(__file__).parents[1] / "packaging" / "builder"))  # extensions of our own

project = "MLP-SVD"
author = "the MLP-SVD developers"
version = release = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "command_reference", "site_links"]
exclude_patterns = ["_build"]

myst_heading_anchors = 4  # as on code hosting sites: exports.md#onnx
myst_enable_extensions = ["colon_fence"]

html_theme = "furo"
html_title = f"MLP-SVD {__version__}"
html_copy_source = False
html_show_copyright = False
html_static_path = ["_static"]
html_css_files = ["site.css"]

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings give types with shapes and units
napoleon_google_docstring = False
napoleon_use_rtype = False
