"""Where the images of an evaluation lie: a folder or an archive."""

import hashlib
from pathlib import PurePosixPath

from vsodprep.archives import Tree
from vsodprep.files import is_junk
from vsodprep.images import MAP_SUFFIXES


def image_names(tree: Tree) -> list[str]:
    """Return the names of all maps or masks in a folder or archive, sorted."""
    return sorted(
        name for name in tree.names if PurePosixPath(name).suffix.lower() in MAP_SUFFIXES and not is_junk(name)
    )


def digest(data: bytes) -> str:
    """Return the SHA-256 of bytes as hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()
