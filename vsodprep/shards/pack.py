"""Packing a normalised benchmark, with its flow, priors and coarse labels, into one Zarr shard."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import zarr

from vsodprep.config.pack import Pack
from vsodprep.errors import InputError
from vsodprep.files import atomic_directory, write_json
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
        jobs: Sequences packed at a time.

    Raises:
        InputError: A file is missing, unreadable, not of the size in the manifest, or not in it at all;
            or a file would be lost with the folder that the shard replaces.
    """
    contents = Contents(block, flow or {}, prior or {}, coarse or {})
    for name in block.pictures:
        if name not in contents.flow:
            raise InputError(f"pictures {name}", "no flow of that name is packed", f"one of {sorted(contents.flow)}")
    manifest = read_manifest(folder)
    if sequences:
        named = {manifest.sequence(name) for name in sequences}
        manifest = replace(manifest, sequences=tuple(one for one in manifest.sequences if one in named))
    with atomic_directory(out, files_of_shard) as temporary:
        attributes = _attributes(manifest, contents)
        zarr.create_group(temporary, attributes=attributes, overwrite=True)
        write_json(temporary / COPY, {"attributes": attributes})
        videos = manifest.sequences
        with mapped(partial(_pack, folder, temporary, contents), videos, jobs) as results:
            for _ in track(results, f"pack {manifest.name}", len(videos), unit="sequence"):
                pass


def _pack(folder: Path, shard: Path, contents: Contents, sequence: ManifestSequence) -> None:
    """Write the group of a sequence of a normalised benchmark into a shard under its temporary name."""
    group = zarr.create_group(shard, path=sequence.name, attributes={"still": sequence.still})
    (pack_stills if sequence.still else pack_video)(group, folder, sequence, contents)


def _attributes(manifest: Manifest, contents: Contents) -> dict[str, object]:
    return {
        "format": FORMAT,
        "manifest": to_json(manifest),
        "contents": {
            "flow": sorted(contents.flow),
            "pictures": sorted(contents.block.pictures),
            "prior": sorted(contents.prior),
            "coarse": sorted(contents.coarse),
        },
        "still_size": list(contents.block.still_size) if contents.block.still_size else None,
    }
