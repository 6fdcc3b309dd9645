"""What the last good build leaves for readers of definitions: dbt's documentation, and the semantic layer.

Both come from the manifests that the build wrote anyway, so that they cost a second and no further run of dbt; the same
marts, code and partners give the same bytes.
"""

from hrtp.docs.write import DocsResult, write_docs

__all__ = ["DocsResult", "write_docs"]
