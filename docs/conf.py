"""Settings of Sphinx, which makes the documentation site from the pages of this folder (packaging/build docs)."""

from mlpsvd import __version__

project = "MLP-SVD"
author = "the MLP-SVD developers"
version = release = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]

myst_heading_anchors = 4  # as on code hosting sites: guide.md#train
myst_enable_extensions = ["colon_fence"]

html_theme = "furo"
html_title = f"MLP-SVD {__version__}"
html_copy_source = False
html_show_copyright = False

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings give types with shapes and units
napoleon_google_docstring = False
napoleon_use_rtype = False
