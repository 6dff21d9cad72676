"""The site: every page of the repository, the commands and the Python functions.

`sphinx-build -W -c docs . site` writes it to `site/`. The source folder is the repository, so that its pages link to
one another as they do on a forge.
"""

from vsodprep import __version__

project = "vsodprep"
release = __version__
root_doc = "docs/index"
include_patterns = ["*.md", "config/*.md", "docs/*.md", "docs/**/*.md"]
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_click", "sphinx_copybutton"]

html_theme = "furo"
html_title = "vsodprep"
html_show_copyright = False
html_show_sphinx = False
html_static_path = ["_static"]
html_css_files = ["site.css"]

myst_enable_extensions = ["deflist"]
myst_heading_anchors = 4
copybutton_prompt_text = "$ "

autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True}
default_role = "code"  # of docstrings, which set names in single backticks
