"""What is known of a benchmark before anything of it has been fetched."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from vsodprep.archives import Delivery, open_delivery
from vsodprep.benchmarks.layout import Layout
from vsodprep.errors import InputError, expected_one
from vsodprep.manifest import Manifest

DRIVE = "drive:"  # begins the address of a file on Google Drive, before its id

Status = Literal["reported", "quota", "manual", "listed"]
STATUSES: dict[str, str] = {
    "reported": "address as printed in public code or pages, not tried from here",
    "quota": "public, but often answers that its quota is exceeded",
    "manual": "only a person can fetch it",
    "listed": "known to exist, no address known",
}


@dataclass(frozen=True)
class SourceFile:
    """A file that a benchmark, or maps, are published as.

    Attributes:
        name: File name.
        urls: Addresses, tried in turn; `drive:ID` is a file on Google Drive.
        bytes: Exact size, None if nobody published it.
        checksum: `md5:...` or `sha256:...`, None if nobody published one.
        about: Size in words, where the exact one is unknown.
        page: Where a person finds the file.
        status: Key of `STATUSES`.
        resolution: The resolution that it holds, empty if all.
        optional: Not fetched unless asked for by name.
        note: Anything else to know.
    """

    name: str
    urls: tuple[str, ...] = ()
    bytes: int | None = None
    checksum: str | None = None
    about: str = ""
    page: str = ""
    status: Status = "reported"
    resolution: str = ""
    optional: bool = False
    note: str = ""

    @property
    def opened(self) -> tuple[str, ...]:
        """The addresses as a browser opens them."""
        return tuple(web_address(url, "https://drive.google.com/file/d/{}/view") for url in self.urls)


def web_address(url: str, template: str) -> str:
    """Return the web address of `drive:ID` by a template with `{}` for the id; others are returned as they are."""
    return template.format(url.removeprefix(DRIVE)) if url.startswith(DRIVE) else url


def vsod_repack(name: str, drive: str, about: str, note: str = "", resolution: str = "") -> SourceFile:
    """Return an archive in which VSOD papers pass a benchmark on, from the page of DAVSOD.

    Args:
        name: File name.
        drive: Its id on Google Drive.
        about: Size in words.
        note: What follows "VSOD repack".
        resolution: The resolution that it holds, empty if all.
    """
    return SourceFile(
        name,
        (f"{DRIVE}{drive}",),
        about=about,
        page="https://github.com/DengPingFan/DAVSOD",
        status="quota",
        resolution=resolution,
        optional=True,
        note=f"VSOD repack{note}",
    )


def uvos_pack(name: str, drive: str, resolution: str = "") -> SourceFile:
    """Return an archive in which the authors of TMO pass a benchmark on, flow pictures included.

    Args:
        name: File name; their own is not known.
        drive: Its id on Google Drive.
        resolution: The resolution that it holds, empty if all.
    """
    return SourceFile(
        name,
        (f"{DRIVE}{drive}",),
        page="https://github.com/suhwan-cho/TMO",
        status="quota",
        resolution=resolution,
        optional=True,
        note="as TMO and FakeFlow share it, with flow pictures in JPEGFlows; called so here",
    )


@dataclass(frozen=True)
class Split:
    """A named subset of a benchmark's sequences.

    Attributes:
        sequences: Sequence names; None where nobody published the list.
        origin: Who uses it, and where the list is from.
        open: Whether we chose it, because the paper that uses it does not name its sequences.
        unnamed: Number of further sequences, whose names nobody published.
    """

    sequences: tuple[str, ...] | None
    origin: str
    open: bool = False
    unnamed: int = 0


@dataclass(frozen=True)
class KnownSequence:
    """What is known of a sequence before anything has been fetched.

    Attributes:
        name: Sequence name.
        splits: The splits that hold it.
        frames: Number of frames, None if unknown.
        annotated: Number of masks, None if unknown.
        attributes: The benchmark's own attributes.
        still: Whether its frames are unrelated images.
    """

    name: str
    splits: tuple[str, ...]
    frames: int | None
    annotated: int | None
    attributes: tuple[str, ...] = ()
    still: bool = False


@dataclass(frozen=True)
class Benchmark:
    """A benchmark.

    Attributes:
        name: The name that configurations and paths use.
        title: Its name in print.
        version: Release, as far as releases can be told apart.
        licence: Licence or terms.
        citation: Paper to cite.
        homepage: Address.
        year: Year of publication.
        splits: Named subsets.
        layout: Finds the benchmark's files in a delivery; takes the delivery and a resolution.
        expects: What a delivery must look like, for the error when it does not.
        files: What it is published as.
        tested: The split that papers test on.
        frames: Frames per sequence, where known.
        annotated: Masks per sequence, where known.
        published: Total counts as published (`sequences`, `frames`, `annotated`), where a list is not complete.
        size: Usual height and width in pixels, to plan with.
        still: Names of the sequences whose frames are unrelated images.
        attributes: Attributes per sequence.
        classes: Whether each sequence has one attribute, its class, and papers average over classes.
        resolutions: Resolutions that can be chosen, the default first.
        known_empty: `sequence/frame` of masks that are empty in the official release.
        tolerated: Kinds of issue that the official release has, and which therefore never stop.
        stems: Frame ids per sequence, where a list is known.
        generated: Whether it is made here, from no source at all.
        masks: Whether every sequence has masks.
        class_ids: Whether its masks are class ids, of segmentation: they say nothing of what is salient.
        notes: What a user should know.
        revised: How today's release differs from the one that papers print numbers of, where it does.
    """

    name: str
    title: str
    version: str
    licence: str
    citation: str
    homepage: str
    year: int
    splits: Mapping[str, Split]
    layout: Callable[[Delivery, str], Layout]
    expects: str
    files: tuple[SourceFile, ...] = ()
    tested: str = "test"
    frames: Mapping[str, int] = field(default_factory=dict)
    annotated: Mapping[str, int] = field(default_factory=dict)
    published: Mapping[str, int] = field(default_factory=dict)
    size: tuple[int, int] = (480, 854)
    still: frozenset[str] = frozenset()
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    classes: bool = False
    resolutions: tuple[str, ...] = ()
    known_empty: frozenset[str] = frozenset()
    tolerated: frozenset[str] = frozenset()
    stems: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    generated: bool = False
    masks: bool = True
    class_ids: bool = False
    notes: tuple[str, ...] = ()
    revised: str = ""

    @property
    def complete(self) -> bool:
        """Whether every split's list is known."""
        return all(split.sequences is not None and not split.unnamed for split in self.splits.values())

    @property
    def sequences(self) -> tuple[KnownSequence, ...]:
        """The sequences of all splits, sorted by name."""
        names = sorted({name for split in self.splits.values() for name in split.sequences or ()})
        return tuple(
            KnownSequence(
                name,
                tuple(key for key, split in self.splits.items() if name in (split.sequences or ())),
                self.frames.get(name),
                0 if self.class_ids else self.annotated.get(name),
                self.attributes.get(name, ()),
                name in self.still,
            )
            for name in names
        )

    def manifest(self, **made: Any) -> Manifest:
        """Return the manifest of what was made of it: `sources`, `sequences`, `issues` and `extra` of the manifest."""
        facts = ("name", "version", "title", "licence", "citation", "homepage")
        return Manifest(**{key: getattr(self, key) for key in facts}, **made)

    def resolution(self, asked: str | None) -> str:
        """Return the resolution to use: the one asked for, or the default; empty where there is no choice.

        Raises:
            InputError: The benchmark does not have it.
        """
        if asked is None:
            return self.resolutions[0] if self.resolutions else ""
        if asked not in self.resolutions:
            known = (
                expected_one(asked, self.resolutions)
                if self.resolutions
                else "no choice of a resolution, as the benchmark has only one"
            )
            raise InputError(f"benchmark {self.name}", f"resolution {asked!r}", known)
        return asked

    def archives(self, resolution: str | None) -> tuple[SourceFile, ...]:
        """Return the files that it is made from at a resolution, None for the default.

        Raises:
            InputError: The benchmark does not have the resolution.
        """
        chosen = self.resolution(resolution)
        return tuple(file for file in self.files if not file.optional and file.resolution in ("", chosen))


def present_sequences(
    benchmark: Benchmark, paths: Sequence[Path], resolution: str | None = None
) -> tuple[KnownSequence, ...]:
    """Return what a delivery holds of a benchmark, from the archives' directories alone.

    Args:
        benchmark: The benchmark.
        paths: Archives or unpacked folders.
        resolution: Resolution, None for the default.

    Returns:
        The sequences that normalising it with `partial` gives, sorted by name.

    Raises:
        InputError: A path is missing, no archive, or not of this benchmark.
    """
    with open_delivery(paths) as delivery:
        layout = benchmark.layout(delivery, benchmark.resolution(resolution))
    own = {sequence.name: sequence for sequence in benchmark.sequences}
    found = []
    for files in layout.sequences:
        frames = [frame for frame in files.frames if frame.frame is not None]
        if frames:
            known = own.get(files.name, KnownSequence(files.name, (), None, None, still=files.name in benchmark.still))
            annotated = 0 if benchmark.class_ids else sum(bool(frame.masks) for frame in frames)
            splits = (*known.splits, *files.splits)
            found.append(replace(known, splits=splits, frames=len(frames), annotated=annotated))
    return tuple(found)


def _text(name: str) -> str:
    return resources.files("vsodprep.benchmarks").joinpath("lists", name).read_text(encoding="utf-8")


@cache
def read_list(name: str) -> tuple[str, ...]:
    """Return the lines of a list that ships with the package.

    Args:
        name: File name below `lists/`, without ending.
    """
    return tuple(_text(f"{name}.txt").split())


@cache
def read_counts(benchmark: str) -> tuple[dict[str, int], dict[str, int]]:
    """Return a benchmark's known numbers of frames and of masks, by sequence."""
    frames: dict[str, int] = {}
    annotated: dict[str, int] = {}
    for line in _text("frame_counts.tsv").splitlines()[1:]:
        name, sequence, count, masks, _source = line.split("\t")
        if name == benchmark:
            frames[sequence] = int(count)
            if masks:
                annotated[sequence] = int(masks)
    return frames, annotated


@cache
def read_attributes(benchmark: str) -> dict[str, tuple[str, ...]]:
    """Return a benchmark's own attributes, by sequence."""
    rows = (line.split("\t") for line in _text(f"{benchmark}_attributes.tsv").splitlines()[1:])
    return {sequence: tuple(attributes.split()) for sequence, attributes in rows}
