import os
import sys
from pathlib import Path

import dropout_explained

HERE = Path(__file__).parent
sys.path.append(str(HERE))  # last: a folder of docs must hide no package
# The command line's page runs the command that belongs to this Python.
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
os.environ["COLUMNS"] = "64"  # what it prints is read on phones
os.environ["DROPOUT_EXPLAINED_DOCS"] = ""  # and names pages of this site

project = "dropout_explained"
author = "The dropout_explained developers"
copyright = "2026, the dropout_explained developers, MIT licence"
version = release = dropout_explained.__version__
language = "en"

extensions = [
    "site_extensions",  # first: one of them empties the caches of the others
    "myst_nb",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.intersphinx",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "sphinxcontrib.bibtex",
    "sphinxcontrib.programoutput",
    "sphinxext.opengraph",
]
exclude_patterns = ["_build", "auto_examples/**.ipynb", "auto_examples/**.py", "jupyter_execute"]
nitpicky = numfig = True

html_theme = "furo"
html_title = "Dropout, explained"
html_favicon = "_static/icon.svg"
html_static_path = ["_static"]
html_css_files = ["house.css", "identity.css", "numbers.css", "lab.css"]
html_js_files = [(name, {"defer": "defer"}) for name in ("site.js", "copying.js")]
html_domain_indices = False
html_show_sphinx = html_copy_source = html_show_sourcelink = False
templates_path = ["_templates"]
ogp_site_name = html_title
ogp_social_cards = {"line_color": "#0072b2"}  # drawn if the site knows its address

linkcheck_retries, linkcheck_timeout, linkcheck_workers = 2, 30, 4
linkcheck_anchors_ignore_for_url = ["https://github.com/.*"]  # written by scripts

myst_enable_extensions = ["attrs_block", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
myst_footnote_sort = False  # a page's references stand in their section
bibtex_bibfiles = ["references.bib"]
nb_execution_mode = "cache"
nb_execution_raise_on_error = nb_execution_show_tb = nb_merge_streams = True
nb_execution_timeout = 120

autodoc_member_order = "bysource"
autodoc_typehints = "none"
numpydoc_show_class_members = False
numpydoc_xref_param_type = True
_no_types = "default dtype iterable of optional or sequence shape 0/1"
numpydoc_xref_ignore = set(_no_types.split())
numpydoc_xref_aliases = {"Explanation": "dropout_explained.Explanation"}
numpydoc_xref_aliases |= {name: f"dropout_explained.audit.{name}" for name in ("Finding", "Site")}

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": r"plot_",
    "within_subsection_order": "FileNameSortKey",
    "subsection_order": [f"../examples/{name}" for name in ("article", "pitfalls", "deeper")],
    "abort_on_example_error": True,
    "doc_module": ("dropout_explained",),
    "prefer_full_module": {r"dropout_explained\.figures\."},
    "backreferences_dir": "gen_modules/backreferences",
    "reset_modules": ("site_extensions.gallery.seed_torch", "matplotlib"),
    "image_scrapers": ("site_extensions.gallery.scrape",),
    "min_reported_time": 1e9,
    "write_computation_times": False,
    "show_signature": False,
    "css": ("sg_gallery",),
    "remove_config_comments": True,
}
