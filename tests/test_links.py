"""No link of the built site leads nowhere: neither to a missing page nor to a missing place on one."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from test_site import page

if TYPE_CHECKING:
    from pathlib import Path

# The lab reads its state from what stands behind # in its address.
STATES = "v=1&"


def broken(site: Path) -> list[str]:
    """Return every address inside of the site that its pages name and that is not there."""
    names = [path.relative_to(site).as_posix() for path in site.rglob("*.html")]
    places = {name: {str(tag["id"]) for tag in page(site, name).select("[id]")} for name in names}
    found = []
    for name in names:
        for tag in page(site, name).select("a[href], link[href], img[src], script[src], use[href]"):
            address = str(tag.get("href") or tag.get("src"))
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            target = unquote(urljoin(name, parts.path)) if parts.path else name
            if not (site / target).is_file():
                found.append(f"{name}: {address}: no such file")
                continue
            # The top of a page needs no place of that name.
            known = {"", "top", *places.get(target, {unquote(parts.fragment)})}
            if not parts.fragment.startswith(STATES) and unquote(parts.fragment) not in known:
                found.append(f"{name}: {address}: no such place")
    return found


@pytest.mark.site
def test_links_lead_somewhere(site: Path) -> None:
    """Pages, headings, equations, footnotes, figures, downloads, scripts and styles."""
    assert broken(site) == []


def test_what_leads_nowhere_is_found(tmp_path: Path) -> None:
    """A page that is not there, a place that is not there, and a figure that is not there."""
    (tmp_path / "deep").mkdir()
    (tmp_path / "index.html").write_text(
        '<a href="deep/page.html#here"></a><a href="deep/page.html#gone"></a><a href="#gone"></a>'
        '<a href="gone.html"></a><a href="https://example.org/gone"></a><img src="gone.svg">'
    )
    (tmp_path / "deep" / "page.html").write_text(
        '<h1 id="here"></h1><a href="../index.html"></a><a href="../index.html#v=1&x=1"></a><a href="index.html"></a>'
    )
    assert sorted(line.partition(": ")[2] for line in broken(tmp_path)) == [
        "#gone: no such place",
        "deep/page.html#gone: no such place",
        "gone.html: no such file",
        "gone.svg: no such file",
        "index.html: no such file",
    ]
