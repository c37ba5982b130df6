"""How Sphinx builds the documentation; ``make docs`` runs it.

``DOCS_FAST=1`` leaves out what takes long (running pages, pictures of tasks): the words and the
links are checked as ever. With ``DOCS_INVENTORIES=fetch`` the inventories
of other packages' sites are read.
"""

import os
import pathlib
import sys

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE / "_ext"), str(HERE)]

from inventories import mapping  # noqa: E402

from jaxgym_neuro import __version__  # noqa: E402

FAST = os.environ.get("DOCS_FAST", "") not in ("", "0")

project = "jaxgym_neuro"
author = "the authors of jaxgym_neuro"
project_copyright = "the authors of jaxgym_neuro, Apache-2.0"
version = release = __version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.intersphinx",
    "sphinx_design",
    "sphinx_copybutton",
    "public_names",
    "site_files",
    "alternative_texts",
    "pages_gone",
]
exclude_patterns = ["_build", "_ext", "images", "inventories", "solved", "*.digest"]
root_doc = "index"
suppress_warnings = [
    "config.cache",  # of functions among the settings: these are read anew each time
    *(["myst-nb.lexer"] if FAST else []),  # what runs a page says in which language it is
]

# Pages are MyST; those whose head names a kernel are run, once for each version of their code.
myst_enable_extensions = ["colon_fence", "deflist", "attrs_inline", "attrs_block", "fieldlist"]
myst_heading_anchors = 4
nb_execution_mode = "off" if FAST else "cache"
nb_execution_cache_path = str(HERE / "_build" / "executed")
nb_execution_raise_on_error = True
nb_execution_show_tb = True
nb_execution_timeout = 120
nb_merge_streams = True

# Docstrings are reStructuredText in Google's sections; a name in single backticks is a link where
# there is something of that name, and code where there is not.
default_role = "py:obj"
highlight_language = "text"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_type_aliases = {"TrialEnv": "jaxgym_neuro.TrialEnv"}  # it has a namesake of NeuroGym's
autodoc_preserve_defaults = True
autodoc_class_signature = "mixed"
autodoc_default_options = {"members": True, "show-inheritance": True}
autodoc_inherit_docstrings = False  # what a subclass overrides is not listed anew
autodoc_mock_imports = ["stable_baselines3"]  # not part of the environment, as it brings PyTorch
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88
add_module_names = False

intersphinx_mapping = mapping(
    HERE / "inventories",
    HERE / "_build" / "inventories",
    fetch=os.environ.get("DOCS_INVENTORIES") == "fetch",
)
intersphinx_timeout = 10

html_theme = "pydata_sphinx_theme"
html_title = f"jaxgym_neuro {release}"
# Drawn by make_task_pictures.py; without it the pages have no pictures of trials.
(HERE / "_build" / "task_pictures").mkdir(parents=True, exist_ok=True)
html_static_path = ["_static", "_build/task_pictures"]
html_favicon = "_static/favicon.svg"
html_css_files = ["custom.css", "gallery.css"]
html_show_sourcelink = False
html_copy_source = False
html_domain_indices = False
html_context = {"default_mode": "auto"}  # light or dark as the reader's system is
html_theme_options = {
    "logo": {"text": "jaxgym_neuro"},
    "header_links_before_dropdown": 7,
    "navbar_align": "left",
    "show_prev_next": False,
    "collapse_navigation": True,
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
    "pygments_light_style": "tango",
    "pygments_dark_style": "monokai",
}
html_sidebars = {"index": []}

copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
copybutton_only_copy_prompt_lines = True

# What stands in ``__all__`` of these (or, without one, what they define) has a docstring and an
# entry in the reference, or the build fails.
public_packages = [
    "jaxgym_neuro",
    "jaxgym_neuro.analysis",
    "jaxgym_neuro.ideal",
    "jaxgym_neuro.neurogym",
    "jaxgym_neuro.neurogym.envs",
    "jaxgym_neuro.neurogym.utils",
    "jaxgym_neuro.neurogym.wrappers",
    "jaxgym_neuro.pictures",
    "jaxgym_neuro.plotting",
    "jaxgym_neuro.policies",
    "jaxgym_neuro.random",
    "jaxgym_neuro.references",
    "jaxgym_neuro.replications",
    "jaxgym_neuro.schedules",
    "jaxgym_neuro.spaces",
    "jaxgym_neuro.stimuli",
    "jaxgym_neuro.testing",
    "jaxgym_neuro.timing",
    "jaxgym_neuro.training",
    "jaxgym_neuro.wrappers",
]
