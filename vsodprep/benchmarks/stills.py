"""What benchmarks of still images share: one sequence per set of images, named by the set."""

from collections.abc import Collection, Mapping

from vsodprep.archives import Delivery
from vsodprep.benchmarks.layout import FrameFiles, SequenceFiles, collect
from vsodprep.images import IMAGE_SUFFIXES
from vsodprep.manifest import Issue


def still_set(
    delivery: Delivery,
    name: str,
    *,
    images: str,
    masks: str,
    suffixes: tuple[Collection[str], Collection[str]] = (IMAGE_SUFFIXES, IMAGE_SUFFIXES),
    right: Mapping[str, str] | None = None,
) -> tuple[SequenceFiles, ...]:
    """Find a set of still images.

    Args:
        delivery: The delivery.
        name: The set's name, which becomes the sequence's.
        images: Name of the folder of images, as a regular expression.
        masks: Name of the folder of masks, likewise.
        suffixes: Endings of images and of masks, where both are in one folder.
        right: Ending of the right mask, for stems of which there are two.

    Returns:
        The set, or nothing if the delivery has none of its files.
    """
    frames = collect(delivery, rf"(?:.*/)?(?P<seq>){images}/[^/]+", suffixes[0]).get("", {})
    delivered = collect(delivery, rf"(?:.*/)?(?P<seq>){masks}/[^/]+", suffixes[1]).get("", {})
    if not frames and not delivered:
        return ()
    chosen: dict[str, str] = {}
    issues: list[Issue] = []
    for stem, paths in delivered.items():
        chosen[stem] = paths[0]
        if len(paths) > 1:
            ending = (right or {}).get(stem)
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
    return (SequenceFiles(name, files, issues=tuple(issues)),)
