"""Files that come with the product and that a script reads: small corpora, beside it in a folder.

Owns which ones a project needs. Run directories and exported folders hold copies of them, so that
they stand alone.
"""

from __future__ import annotations

from graph_compiler.model import DataSource
from nnstudio import places
from nnstudio.document.sources import sources


def shipped_texts(data: DataSource) -> dict[str, str]:
    """Paths beside the script, such as `corpora/stories.txt`, with the texts that stand there."""
    spec = sources().get(data.source)
    if spec is None:
        return {}
    return {name: (places.assets() / name).read_bytes().decode("utf-8") for name in spec.shipped}
