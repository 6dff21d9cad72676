"""Shards: what is trained on, and the torch dataset over them."""

from typing import TYPE_CHECKING, Any

from vsodprep.shards.pack import pack_benchmark
from vsodprep.shards.read import Shard, ShardSequence, open_shard

if TYPE_CHECKING:
    from vsodprep.shards.clips import ClipDataset, SplitSource

__all__ = ["ClipDataset", "Shard", "ShardSequence", "SplitSource", "open_shard", "pack_benchmark"]


def __getattr__(name: str) -> Any:
    # torch takes seconds to import, and packing needs none.
    if name in ("ClipDataset", "SplitSource"):
        from vsodprep.shards import clips  # noqa: PLC0415

        return getattr(clips, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
