"""The address of the site: the one setting without which a site says nothing absolute.

``SITE_ADDRESS`` in the environment when the site is built, or what Read the Docs says. With it each
page names its own address, and previews of links have a card; a map of the site and a page for
addresses that lead nowhere are written. Without it none of this is there, because a guess would
send readers and search engines elsewhere.
"""

from __future__ import annotations

import os
import re
from html import escape, unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser
from sphinx.errors import ConfigError

from site_extensions import cards

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from sphinx.application import Sphinx
    from sphinx.config import Config

VARIABLES = ("SITE_ADDRESS", "READTHEDOCS_CANONICAL_URL")
# Sphinx writes it into each page of a site that knows its address.
CANONICAL = re.compile(r'<link rel="canonical" href="([^"]*)"')
NOT_FOUND = "404"


def from_environment() -> str:
    """Return the address, with a slash behind it; "" if nothing says it."""
    name, found = next(((v, os.environ[v]) for v in VARIABLES if os.environ.get(v)), ("", ""))
    if not found:
        return ""
    parts = urlsplit(found)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.query or parts.fragment:
        raise ConfigError(f"{name} must be an http or https address without ? and #, got {found!r}")
    return found.rstrip("/") + "/"


def set_what_needs_it(app: Sphinx, config: Config) -> None:
    """Tell Sphinx and the previews, and ask for the page of what is not found."""
    address = from_environment()
    config.html_baseurl = config.ogp_site_url = address
    settings = config.ogp_social_cards = {**config.ogp_social_cards, "enable": bool(address)}
    cards.use_own_words()
    if address:
        icon = app.doctreedir / "card_icon.png"
        cards.write_icon(icon)
        # Of no folder of this machine: Sphinx keeps a digest of its settings with the site.
        settings["image_mini"] = os.path.relpath(icon, app.srcdir)
        config.html_additional_pages[NOT_FOUND] = f"{NOT_FOUND}.html"


def of_page(page: str) -> str:
    """Return the address that a page names as its own, "" if it names none."""
    found = CANONICAL.search(page)
    return unescape(found[1]) if found else ""


def from_anywhere(page: str) -> str:
    """Return a page whose links lead to where they do from its own address, wherever it is shown."""
    own = of_page(page)
    tree = LexborHTMLParser(page)
    for name in ("href", "src", "action", "data-content_root"):
        for element in tree.css(f"[{name}]"):
            address = element.attrs[name] or ""
            # Inside of the page, and on other sites, an address means the same from anywhere.
            if address and not address.startswith("#") and not urlsplit(address).scheme:
                element.attrs[name] = urljoin(urlsplit(own).path, address)
    return tree.html or page


def write_map(site: Path, addresses: Iterable[str]) -> None:
    """Write the map of the site and the file that names it; without addresses remove both."""
    entries = [f"<url><loc>{escape(address)}</loc></url>\n" for address in sorted(addresses)]
    sitemap, robots = site / "sitemap.xml", site / "robots.txt"
    if not entries:
        sitemap.unlink(missing_ok=True)
        robots.unlink(missing_ok=True)
        return
    schema = "http://www.sitemaps.org/schemas/sitemap/0.9"
    sitemap.write_text(
        f'<?xml version="1.0" encoding="utf-8"?>\n<urlset xmlns="{schema}">\n'
        f"{''.join(entries)}</urlset>\n",
        encoding="utf-8",
    )
    allowed = f"User-agent: *\nAllow: /\n\nSitemap: {from_environment()}sitemap.xml\n"
    robots.write_text(allowed, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to Sphinx before it and the previews read what is set here."""
    if not from_environment():
        cards.draw_none()
    app.connect("config-inited", set_what_needs_it)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
