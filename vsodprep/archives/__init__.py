"""Reading a delivery, be it a folder, an archive or several, as one set of files; nothing in it is trusted."""

from vsodprep.archives.delivery import ARCHIVE_ENDINGS, Delivery, archive_of, is_archive, open_delivery, open_tree
from vsodprep.archives.tree import Tree

__all__ = ["ARCHIVE_ENDINGS", "Delivery", "Tree", "archive_of", "is_archive", "open_delivery", "open_tree"]
