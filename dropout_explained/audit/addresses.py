"""Where the site is whose pages mend what is found: the one that was named, installed from, or built."""

from __future__ import annotations

import json
import os
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

# Names the site, or, if empty, says that paths inside of it are wanted.
VARIABLE = "DROPOUT_EXPLAINED_DOCS"
BUILT = Path(__file__).parents[2] / "docs" / "_build" / "html"


def address_of(page: str) -> str:
    """Return where a page of the site is to be opened; its path in the site if no site is known."""
    named = os.environ.get(VARIABLE)
    site = (installed_from() or built(page)) if named is None else named
    return f"{site.rstrip('/')}/{page}" if site else page


@cache
def installed_from() -> str:
    """Return the address of the site whose wheel is installed, "" if it came from elsewhere."""
    try:
        record = distribution("dropout-explained").read_text("direct_url.json")
    except PackageNotFoundError:
        return ""
    url = str(json.loads(record or "{}").get("url", ""))
    home, folder, _ = url.rpartition("/wheel/")
    return home if folder and url.endswith(".whl") else ""


def built(page: str) -> str:
    """Return the address of the site that was built in this clone, "" if it lacks the page."""
    return BUILT.as_uri() if (BUILT / page.partition("#")[0]).is_file() else ""
