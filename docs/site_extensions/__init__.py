"""What this site adds to Sphinx and its extensions: one idea a module.

While sources are read: ``freshness`` (what must run again), ``findings`` (the catalogue of what
can be wrong), ``gallery`` (how scripts run and draw) and ``thumbnails`` (their cards),
``inventories`` (links to other sites without a network), ``law_directives`` and ``laws`` (each law on its page, all in one table),
``mathml`` (formulas), ``wheel`` (the package itself, to install from the site).

When pages are written: ``pages`` walks once over the built site and hands each file to functions
that know nothing of Sphinx: ``accessible``, ``link_previews``, ``labelled_tables``, ``breakable``
(where a line may end), ``downloads`` (the gallery's buttons), ``folded``, ``content_security``,
``adaptive_svg``, ``minified``, ``leftovers``.
"""
