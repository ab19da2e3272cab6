"""What other programs show of a page: its own words, and no address unless the site knows it."""

from __future__ import annotations

from selectolax.lexbor import LexborHTMLParser

from site_extensions import address


def in_own_words(page: str) -> str:
    """Return a page whose preview has its description, and an address if the page has one.

    A preview's address must be absolute, and a site that may be served from anywhere does not
    know it while it is built. And what a page says of itself reads better than its first
    characters, formulas included.
    """
    tree = LexborHTMLParser(page)
    if not address.of_page(page):
        for unknown in tree.css('meta[property="og:url"]'):
            unknown.decompose()
    own = tree.css_first("meta[name=description]")
    for preview in tree.css('meta[property="og:description"], meta[property="og:image:alt"]'):
        if own:
            preview.attrs["content"] = own.attrs["content"]
    return tree.html or page
