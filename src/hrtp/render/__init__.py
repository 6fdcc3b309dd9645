"""Generated files: the data dictionary, JSON Schemas for editors, dbt's sources. Written once, in contracts and models.

``python -m hrtp.render`` writes them, ``python -m hrtp.render --check`` fails where one has drifted from its source.
"""

from hrtp.render.files import drifted, render_all, write_all

__all__ = ["drifted", "render_all", "write_all"]
