"""A small site with the configuration, the extensions, the styles and the lab of the real one.

It has two pages with cells and two scripts, is built in seconds, and may be broken.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from background import DOCS, ROOT

if TYPE_CHECKING:
    from pathlib import Path

MOMENT = "1767225600"
NOT_COPIED = shutil.ignore_patterns("*.md", "_build", "auto_examples", "gen_modules", "__pycache__")
SCRIPTS = (
    "article/plot_1_one_call_masks_zeroes_and_scales.py",
    "pitfalls/plot_09_p_and_q_confused.py",
)
INDEX = """# A small site

It links to {doc}`one </one>` and {doc}`another </another>`, where $y = m x / q$.

```{toctree}
one
another
auto_examples/index
```
"""
PAGE = """---
file_format: mystnb
kernelspec:
  name: python3
  display_name: Python 3
---

# Page {0}

:::{{lead}}
:question: What is on this page?
:claim: A number, a figure and a law.
:lab: v=1&p=0.5

Each is computed.
:::

As in {{numref}}`figure-{0}`:

```{{code-cell}} ipython3
%config InlineBackend.figure_formats = ["svg"]
import matplotlib.pyplot as plt
from myst_nb import glue

plt.style.use("dropout_explained.house")
glue("number-{0}", {1}, display=False)
figure, axes = plt.subplots()
axes.plot([1, {1}])
glue("drawn-{0}", figure, display=False)
plt.close(figure)
```

```{{glue:figure}} drawn-{0}
:name: figure-{0}

A line up to {{glue:text}}`number-{0}`.
```

```{{math}}
:label: law-{0}

x_{1} = {1}
```
"""


def write(folder: Path) -> Path:
    """Write the sources of the small site, and return their folder."""
    docs = folder / "docs"
    shutil.copytree(DOCS, docs, ignore=NOT_COPIED)
    (docs / "index.md").write_text(INDEX, encoding="utf-8")
    for number, name in enumerate(("one", "another"), 1):
        (docs / f"{name}.md").write_text(PAGE.format(name, number), encoding="utf-8")
    for script in SCRIPTS:
        target = folder / "examples" / script
        target.parent.mkdir(parents=True)
        shutil.copy(ROOT / "examples" / script, target)
    for header in (ROOT / "examples").rglob("GALLERY_HEADER.*"):
        target = folder / header.relative_to(ROOT)
        if target.parent.exists():
            shutil.copy(header, target)
    return docs


def command(docs: Path, *options: str, doctrees: Path | None = None) -> list[str]:
    """Return what builds the small site."""
    kept = doctrees or docs / "_build" / "doctrees"
    places = ("-d", str(kept), str(docs), str(docs / "_build" / "html"))
    return [sys.executable, str(docs / "build.py"), *options, *places]


def variables(**more: str) -> dict[str, str]:
    """Return the environment of such a build: of this package, and of one moment."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "SOURCE_DATE_EPOCH": MOMENT, **more}


def build(
    docs: Path, *options: str, doctrees: Path | None = None, **more: str
) -> subprocess.CompletedProcess[str]:
    """Build the small site, and return how that ended."""
    return subprocess.run(
        command(docs, *options, doctrees=doctrees),
        env=variables(**more),
        capture_output=True,
        text=True,
        check=False,
    )
