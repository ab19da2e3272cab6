"""What sphinx-gallery asks for by name: how to save figures, what to reset between scripts."""

from __future__ import annotations

from typing import Any


def scrape(block: Any, block_vars: dict[str, Any], gallery_conf: dict[str, Any]) -> str:
    """Save the figures of a gallery script, as sphinx-gallery does, but as SVG."""
    from sphinx_gallery.scrapers import matplotlib_scraper

    rst: str = matplotlib_scraper(block, block_vars, gallery_conf, format="svg")
    return rst


def _get_sg_image_scraper() -> Any:
    """Return the scraper: sphinx-gallery looks for this name."""
    return scrape


def seed_torch(_gallery_conf: dict[str, Any], _fname: str) -> None:
    """Start every gallery script from torch's state in a fresh process that seeds 0."""
    import torch

    torch.manual_seed(0)
