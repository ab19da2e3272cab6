"""Say on each button of the gallery what it gives: the name of the file is no label."""

from __future__ import annotations

from selectolax.lexbor import LexborHTMLParser

LABELS = {
    ".sphx-glr-footer-example .sphx-glr-download-python a": "Download .py",
    ".sphx-glr-footer-example .sphx-glr-download-jupyter a": "Download .ipynb",
    ".sphx-glr-footer-example .sphx-glr-download-zip a": "Download both, .zip",
    ".sphx-glr-footer-gallery .sphx-glr-download-python a": "Download all .py, zipped",
    ".sphx-glr-footer-gallery .sphx-glr-download-jupyter a": "Download all .ipynb, zipped",
}


def labelled(page: str) -> str:
    """Return a page whose buttons are short and say the kind of file."""
    tree = LexborHTMLParser(page)
    for selector, label in LABELS.items():
        for link in tree.css(selector):
            link.inner_html = label
    return tree.html or page
