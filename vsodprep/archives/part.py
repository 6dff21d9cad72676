"""A folder inside an archive, as where one holds the maps of several methods or benchmarks."""

from vsodprep.archives.tree import Tree
from vsodprep.errors import InputError


class PartTree(Tree):
    """The files below a folder of an archive, wherever in the archive that folder lies.

    Args:
        whole: The archive.
        inside: The folder's name, or its last few with `/` between.

    Raises:
        InputError: There is no such folder, or there are two with a file of one name.
    """

    def __init__(self, whole: Tree, inside: str) -> None:
        self.whole = whole
        self.path = whole.path / inside
        self._names: dict[str, str] = {}
        for name in whole.names:
            _, found, name_in_it = f"/{name}".partition(f"/{inside}/")
            if found and self._names.setdefault(name_in_it, name) != name:
                where = f"{self._names[name_in_it]} and {name}"
                raise InputError(
                    self.path,
                    f"a path that fits two folders of the archive ({where})",
                    f"a longer path than {inside}, which fits one",
                )
        if not self._names:
            first = f", the first of its {len(whole.names)} files is {whole.names[0]}" if whole.names else ""
            raise InputError(self.path, f"no folder {inside} in {whole.path.name}{first}", "a folder of the archive")
        self.names = tuple(self._names)

    def read(self, name: str) -> bytes:
        """Return a file's bytes."""
        return self.whole.read(self._names[name])

    def stamp(self, name: str) -> list[int]:
        """Return what the archive tells of the file."""
        return self.whole.stamp(self._names[name])

    def where(self, name: str) -> str:
        """Return how to name the file to a person."""
        return self.whole.where(self._names[name])

    def close(self) -> None:
        """Close the archive."""
        self.whole.close()
