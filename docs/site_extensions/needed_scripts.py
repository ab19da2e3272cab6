"""Let a page load the scripts that it needs: Sphinx and the extensions give all of theirs to each page."""

from __future__ import annotations

import re

SCRIPT = re.compile(r'\s*<script[^>]* src="(?:[^"]*/)?_static/([^"?]+)[^"]*"[^>]*></script>')
# What a script looks for in a page; "" where nothing on this site asks for it: its own script reads
# no ?highlight=, and keys without a modifier, which Sphinx listens to, stand in the way of screen readers.
LOOKS_FOR = {
    "copying.js": '<div class="highlight">',
    "design-tabs.js": 'class="sd-tab-set',
    "doctools.js": "",
    "documentation_options.js": "",
    "sg-tags.js": "data-sgtags=",
    "sphinx_highlight.js": "",
}


def only_needed(page: str) -> str:
    """Return a page without the scripts that would find nothing to do in it."""

    def needed(found: re.Match[str]) -> str:
        looks_for = LOOKS_FOR.get(found[1])
        return found[0] if looks_for is None or (looks_for and looks_for in page) else ""

    return SCRIPT.sub(needed, page)
