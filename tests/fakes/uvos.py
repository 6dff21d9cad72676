"""DAVIS-2017's unsupervised track, Long-Videos and YouTube-Objects, as their authors and as TMO's pass them on."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from tests.fakes.davis2016 import official as davis2016
from tests.fakes.fake import Fake, Mask, blob, encoded, gray, paletted, picture
from tests.fakes.fbms import official as fbms
from tests.fakes.stills import duts


def _ids(mask: Mask, *, void: bool = False) -> bytes:
    """Paint half of a mask as another object, and on demand void over some background."""
    ids = mask.astype(np.uint8)
    inside = np.argwhere(mask)
    for row in inside[: len(inside) // 2]:
        ids[tuple(row)] = 2
    if void:
        ids[0, :3] = 255
    return paletted(ids)


def davis2017(annotations: str = "Annotations_unsupervised") -> Fake:
    """Palettes with ids and void, fewer objects in the semi-supervised masks beside them, and a test sequence."""
    source = davis2016()
    fake = Fake("davis2017", {"DAVIS-2017-Unsupervised-trainval-480p.zip": {}}, source.truth, source.frames)
    fake.notes = {"empty-mask"}
    for name, stems in fake.frames.items():
        for index, stem in enumerate(stems):
            fake.put(f"DAVIS/JPEGImages/480p/{name}/{stem}.jpg", picture(index))
            mask = _ids(fake.truth[name, stem], void=index == 1)
            fake.put(f"DAVIS/{annotations}/480p/{name}/{stem}.png", mask)
            fake.raw.add((name, stem))
            if annotations != "Annotations":
                fewer = paletted((fake.truth[name, stem] & (blob(index) == 0)).astype(np.uint8))
                fake.put(f"DAVIS/Annotations/480p/{name}/{stem}.png", fewer)
    fake.put("DAVIS/JPEGImages/480p/aerobatics/00000.jpg", picture(5))
    fake.a_frame = "DAVIS/JPEGImages/480p/dog/00001.jpg"
    fake.a_mask = f"DAVIS/{annotations}/480p/dog/00001.png"
    return fake


def semi_supervised() -> Fake:
    """The archive of the semi-supervised track."""
    fake = davis2017("Annotations")
    fake.layout = "semi-supervised"
    return fake


def longvideos(top: str = "long_video_set/long_video") -> Fake:
    """Masks of some frames alone; the variants that XMem's archive has beside it."""
    fake = Fake("longvideos", {"LongTimeVideo.zip": {}}, {}, {})
    for name, step in (("blueboy", 4), ("dressage", 3), ("rat", 5)):
        fake.frames[name] = tuple(f"{index:05d}" for index in range(9))
        for index, stem in enumerate(fake.frames[name]):
            fake.put(f"{top}/JPEGImages/{name}/{stem}.jpg", picture(index))
            fake.put(f"{top}_x3/JPEGImages/{name}/{stem}.jpg", picture(index))
            if index % step == 0:
                fake.truth[name, stem] = blob(index + step)
                fake.raw.add((name, stem))
                fake.put(f"{top}/Annotations/{name}/{stem}.png", _ids(blob(index + step)))
    fake.a_frame, fake.a_mask = f"{top}/JPEGImages/rat/00001.jpg", f"{top}/Annotations/rat/00005.png"
    return fake


_VIDEOS = {"aeroplane_0001": 1, "aeroplane_0002": 40, "bird_0001": 21, "cow_0019": 3}


def _labels(mask: Mask) -> bytes:
    return encoded(gray(mask), ".jpg")


def ytobjects() -> Fake:
    """Numbers that begin anywhere, masks as JPEG under the number alone; `cow_0019` has one mask."""
    fake = Fake("ytobjects", {"youtube_masks.zip": {}}, {}, {})
    for name, first in _VIDEOS.items():
        folder = "youtube_masks/{}/data/{}/shots/001".format(*name.split("_"))
        fake.frames[name] = tuple(f"frame{number:04d}" for number in range(first, first + 12))
        for index, stem in enumerate(fake.frames[name]):
            fake.put(f"{folder}/images/{stem}.jpg", picture(first + index))
            if index % 10 == 0 and (index == 0 or name != "cow_0019"):
                label = f"{folder}/labels/{first + index:04d}.jpg"
                fake.put(label, _labels(blob(first + index)))
                fake.truth[name, stem] = blob(first + index)
                fake.raw.add((name, stem))
                fake.a_mask = label if name == "bird_0001" else fake.a_mask
    fake.a_frame = "youtube_masks/bird/data/0001/shots/001/images/frame0022.jpg"
    return fake


def ytobjects_maps(folder: Path, wrong: str) -> Path:
    """Write the masks as maps, `CLASS/VIDEO/FRAME.png`, but for one class, of which everything is black."""
    for (name, stem), mask in ytobjects().truth.items():
        path = folder / name.replace("_", "/") / f"{stem}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded(gray(mask & (not name.startswith(wrong))), ".png"))
    return folder


def _pack(source: Fake, archive: str, place: str = "{kind}/{seq}") -> Fake:
    """Put the annotated frames of a benchmark into one tree with flow pictures, masks as gray PNG."""
    fake = Fake(source.name, {archive: {}}, {}, {}, layout="davis", notes=source.notes & {"empty-mask"})
    for (name, stem), mask in source.truth.items():
        number = stem.removeprefix("frame")
        fake.frames[name] = (*fake.frames.get(name, ()), number)
        fake.truth[name, number] = mask
        seed = len(fake.flow)
        fake.flow[name, number] = picture(seed + 50)
        paths = {kind: place.format(kind=kind, seq=name) for kind in ("JPEGImages", "JPEGFlows", "Annotations")}
        fake.put(f"{paths['JPEGImages']}/{number}.jpg", picture(seed))
        fake.put(f"{paths['JPEGFlows']}/{number}.jpg", fake.flow[name, number])
        fake.put(f"{paths['Annotations']}/{number}.png", encoded(gray(mask), ".png"))
        fake.a_frame, fake.a_mask = f"{paths['JPEGImages']}/{number}.jpg", f"{paths['Annotations']}/{number}.png"
    return fake


def davis2016_pack() -> Fake:
    """`DAVIS/JPEGFlows/480p/SEQ` beside the official folders."""
    fake = _pack(davis2016(), "DAVIS-flow.zip", "DAVIS/{kind}/480p/{seq}")
    fake.layout = "official"
    return fake


def fbms_pack() -> Fake:
    """`TestSet/JPEGImages/SEQ`."""
    return _pack(fbms(), "FBMS-flow.zip", "FBMS/TestSet/{kind}/{seq}")


def ytobjects_pack() -> Fake:
    """`JPEGImages/CLASS/VIDEO`."""
    fake = _pack(ytobjects(), "YTOBJ-flow.zip", "YTOBJ/{kind}/{seq}")
    for members in fake.archives.values():
        for path in [*members]:
            folder, kind, name, file = path.split("/")
            members[f"{folder}/{kind}/{name.replace('_', '/')}/{file}"] = members.pop(path)
    fake.a_frame, fake.a_mask = "YTOBJ/JPEGImages/bird/0001/0021.jpg", "YTOBJ/Annotations/bird/0001/0031.png"
    return fake


def duts_pack() -> Fake:
    """`JPEGImages` and `Annotations` of the training set."""
    source = duts()
    training = {(name, stem): mask for (name, stem), mask in source.truth.items() if name == "DUTS-TR"}
    fake = _pack(replace(source, truth=training, notes=set()), "DUTS-pack.zip", "DUTS/{kind}")
    fake.frames["DUTS-TR"] = tuple(sorted(fake.frames["DUTS-TR"]))
    return fake
