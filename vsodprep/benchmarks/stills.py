"""What benchmarks of still images share: one sequence per set of images, named by the set."""

from collections.abc import Callable, Collection, Mapping

from vsodprep.archives import Delivery
from vsodprep.benchmarks.layout import FrameFiles, Layout, SequenceFiles, collect
from vsodprep.images import IMAGE_SUFFIXES
from vsodprep.manifest import Issue


def still_layout(
    *names: str,
    images: str,
    masks: str,
    suffixes: tuple[Collection[str], Collection[str]] = (IMAGE_SUFFIXES, IMAGE_SUFFIXES),
    right: Mapping[str, str] | None = None,
) -> Callable[[Delivery, str], Layout]:
    """Return what finds sets of still images in a delivery.

    Args:
        names: The sets' names, which become those of sequences.
        images: Name of a set's folder of images, as a regular expression; `{}` is the set's name.
        masks: Name of its folder of masks, likewise.
        suffixes: Endings of images and of masks, where both are in one folder.
        right: Ending of the right mask, for stems of which there are two.
    """

    def layout(delivery: Delivery, _resolution: str) -> Layout:
        found = []
        for name in names:
            frames = collect(delivery, rf"(?:.*/)?(?P<seq>){images.format(name)}/[^/]+", suffixes[0]).get("", {})
            delivered = collect(delivery, rf"(?:.*/)?(?P<seq>){masks.format(name)}/[^/]+", suffixes[1]).get("", {})
            if frames or delivered:
                found.append(_still_set(name, frames, delivered, right or {}))
        return Layout("official", tuple(found))

    return layout


Paths = Mapping[str, tuple[str, ...]]  # stem -> paths


def _still_set(name: str, frames: Paths, delivered: Paths, right: Mapping[str, str]) -> SequenceFiles:
    chosen: dict[str, str] = {}
    issues: list[Issue] = []
    for stem, paths in delivered.items():
        chosen[stem] = paths[0]
        if len(paths) > 1:
            ending = right.get(stem)
            chosen[stem] = next((path for path in paths if ending and path.endswith(ending)), paths[0])
            kind = "double-mask" if ending else "duplicate-mask"
            issues.append(Issue(kind, f"{name}/{stem}", f"{len(paths)} masks, taken is {chosen[stem]}"))
    files = tuple(
        FrameFiles(
            stem,
            next(iter(frames.get(stem, ())), None),
            (chosen[stem],) if stem in chosen else (),
            spare=frames.get(stem, ())[1:],
        )
        for stem in sorted({*frames, *chosen})
    )
    return SequenceFiles(name, files, issues=tuple(issues))
