"""Packing a normalised benchmark, with its flow, priors and coarse labels, into one Zarr shard."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import zarr

from vsodprep.config.frames import Prepared
from vsodprep.config.pack import Pack
from vsodprep.errors import InputError, expected_one
from vsodprep.files import atomic_directory, write_json
from vsodprep.flow.store import open_flow
from vsodprep.manifest import Manifest, ManifestSequence, read_manifest, to_json
from vsodprep.progress import track
from vsodprep.shards.layout import FORMAT, Contents
from vsodprep.shards.ours import COPY, files_of_shard
from vsodprep.shards.stills import pack_stills
from vsodprep.shards.videos import pack_video
from vsodprep.workers import mapped


def pack_benchmark(
    folder: Path,
    out: Path,
    block: Pack = Pack(),
    *,
    flow: Mapping[str, Path] | None = None,
    prior: Mapping[str, Path] | None = None,
    coarse: Mapping[str, Path] | None = None,
    sequences: Sequence[str] = (),
    prepared: Prepared = Prepared(),
    whole: Sequence[str] = (),
    jobs: int = 1,
) -> None:
    """Pack a normalised benchmark; the shard appears whole, with the same bytes on any number of jobs.

    Args:
        folder: The normalised benchmark.
        out: The shard, a folder that ends in `.zarr`; an earlier one is replaced.
        block: Whose pictures are stored, the size of still images, the frames of a shard file.
        flow: Flow blocks: name to folder of `{seq}.h5`.
        prior: Prior blocks: name to folder of `{seq}.h5`.
        coarse: Blocks of coarse labels: name to folder of `{seq}/{frame}.png`.
        sequences: Pack only these; all if empty.
        prepared: Which frames of a video go in; its others have no row in the shard.
        whole: Videos of which all do.
        jobs: Sequences packed at a time.

    Raises:
        InputError: A file is missing, unreadable, not of the size in the manifest, or not in it at all;
            or a file would be lost with the folder that the shard replaces.
    """
    manifest = read_manifest(folder)
    if sequences:
        named = {manifest.sequence(name) for name in sequences}
        manifest = replace(manifest, sequences=tuple(one for one in manifest.sequences if one in named))
    given = _given(manifest, flow or {})
    all_of = frozenset(manifest.sequence(name).name for name in whole)
    contents = Contents(block, flow or {}, prior or {}, coarse or {}, given, prepared, all_of)
    for name in block.pictures:
        if name not in contents.flow:
            raise InputError(
                f"pictures {name}", "no flow of that name is packed", expected_one(name, sorted(contents.flow))
            )
    with atomic_directory(out, files_of_shard) as temporary:
        attributes = _attributes(manifest, contents)
        zarr.create_group(temporary, attributes=attributes, overwrite=True)
        write_json(temporary / COPY, {"attributes": attributes})
        videos = manifest.sequences
        with mapped(partial(_pack, folder, temporary, contents, manifest.class_ids), videos, jobs) as results:
            for _ in track(results, f"pack {manifest.name}", len(videos), unit="sequence"):
                pass


def _given(manifest: Manifest, flows: Mapping[str, Path]) -> frozenset[str]:
    """Return the flow blocks of which there are pictures alone, as the first video has them."""
    first = next((video.name for video in manifest.sequences if not video.still), None)
    found = set()
    for name, folder in flows.items() if first is not None else ():
        with open_flow(folder / f"{first}.h5", pictures=True) as flow:
            found |= set() if flow.datasets else {name}
    return frozenset(found)


def _pack(folder: Path, shard: Path, contents: Contents, class_ids: bool, sequence: ManifestSequence) -> None:
    """Write the group of a sequence of a normalised benchmark into a shard under its temporary name."""
    group = zarr.create_group(shard, path=sequence.name, attributes={"still": sequence.still})
    if sequence.still:
        pack_stills(group, folder, sequence, contents, class_ids=class_ids)
    else:
        pack_video(group, folder, sequence, contents)


def _attributes(manifest: Manifest, contents: Contents) -> dict[str, object]:
    return {
        "format": FORMAT,
        "manifest": to_json(manifest),
        "contents": {
            "flow": sorted(contents.flow.keys() - contents.given),
            "pictures": sorted({*contents.block.pictures, *contents.given}),
            "prior": sorted(contents.prior),
            "coarse": sorted(contents.coarse),
        },
        **{key: list(size) if (size := getattr(contents.block, key)) else None for key in ("video_size", "still_size")},
    }
