"""Reading a delivery, be it a folder, an archive or several, as one set of files; nothing in it is trusted."""

from vsodprep.archives.delivery import Delivery, open_delivery

__all__ = ["Delivery", "open_delivery"]
