"""What a search engine reads of a page that knows its address: what it is, and what it is part of."""

from __future__ import annotations

import json

from selectolax.lexbor import LexborHTMLParser

from site_extensions import address

KIND = "application/ld+json"


def described(page: str) -> str:
    """Return a page with its title, description and address in the vocabulary of schema.org."""
    own = address.of_page(page)
    if not own or f'type="{KIND}"' in page:
        return page
    tree = LexborHTMLParser(page)
    head, heading = tree.css_first("head"), tree.css_first("h1")
    description = tree.css_first("meta[name=description]")
    site = tree.css_first('meta[property="og:site_name"]')
    if head is None or heading is None or description is None or site is None:
        return page
    for link in heading.css(".headerlink"):
        link.decompose()
    said = {
        "@context": "https://schema.org",
        "@type": "TechArticle",
        "headline": " ".join(heading.text().split()),
        "description": description.attrs["content"],
        "url": own,
        "inLanguage": "en",
        "license": "https://spdx.org/licenses/MIT.html",
        "isPartOf": {"@type": "WebSite", "name": site.attrs["content"]},
    }
    # In a script no character is escaped as in HTML, and its end must not stand in it.
    text = json.dumps(said, ensure_ascii=False).replace("</", "<\\/")
    start, end = page.rsplit("</head>", 1)
    return f'{start}<script type="{KIND}">{text}</script></head>{end}'
