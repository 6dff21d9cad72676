"""Bytes that a shard takes, by the form in which it is packed."""

from vsodprep.config.pack import Pack
from vsodprep.estimate import rates


def video_bytes(pack: Pack, pixels: int, encoded: float = rates.DISK_ENCODED) -> float:
    """Return the bytes of a video's frame in a shard, with its mask, flow, pictures, priors and labels.

    Args:
        pack: What is packed, and in which form.
        pixels: Pixels of the frame.
        encoded: Bytes a pixel of a frame as its file, with its mask.
    """
    stored = pixels if pack.video_size is None else pack.video_size[0] * pack.video_size[1]
    frame = encoded if pack.video_frames == "encoded" else rates.DISK_RAW
    resized = frame + len(pack.pictures) * rates.DISK_PICTURE + len(pack.prior) * rates.DISK_PRIOR
    return stored * resized + pixels * (len(pack.flow) * rates.DISK_SHARD_FLOW + len(pack.coarse) * rates.DISK_COARSE)


def still_bytes(pack: Pack, pixels: int, encoded: float = rates.DISK_ENCODED) -> float:
    """Return the bytes of a still image in a shard, with its mask; see `video_bytes`."""
    if pack.still_size is None:
        return pixels * encoded
    return pack.still_size[0] * pack.still_size[1] * rates.DISK_RAW
