"""DUTS, MSRA10K, DUT-OMRON, ECSSD, MSRA-B, HKU-IS and PASCAL-S."""

import numpy as np

from tests.fakes.fake import HEIGHT, WIDTH, Fake, blob, encoded, gray, picture, soft
from vsodprep.benchmarks.benchmark import read_list


def _add(fake: Fake, archive: str, name: str, paths: tuple[str, str], stems: tuple[str, ...], *, grays: bool) -> None:
    fake.frames[name] = tuple(sorted(stems))
    for index, stem in enumerate(stems):
        mask = blob(index)
        fake.truth[name, stem] = mask
        fake.archives[archive][paths[0].format(stem)] = picture(index)
        fake.archives[archive][paths[1].format(stem)] = encoded(soft(mask) if grays else gray(mask), ".png")
        if grays:
            fake.raw.add((name, stem))


def duts() -> Fake:
    """Masks with grays; one of the three training masks that exist twice, the PNG of which is wrong."""
    fake = Fake("duts", {"DUTS-TR.zip": {}, "DUTS-TE.zip": {}}, {}, {}, notes={"double-mask"})
    for part, stems in (
        ("TR", ("ILSVRC2012_test_00000004", "n01532829_13482", "sun_aaa")),
        ("TE", ("ILSVRC2012_test_00000003", "sun_bbb")),
    ):
        top = f"DUTS-{part}/DUTS-{part}"
        _add(
            fake,
            f"DUTS-{part}.zip",
            f"DUTS-{part}",
            (f"{top}-Image/{{}}.jpg", f"{top}-Mask/{{}}.png"),
            stems,
            grays=True,
        )
    double = "DUTS-TR/DUTS-TR-Mask/n01532829_13482"
    right = fake.truth["DUTS-TR", "n01532829_13482"]
    fake.archives["DUTS-TR.zip"][f"{double}.png"] = encoded(gray(~right), ".png")
    fake.archives["DUTS-TR.zip"][f"{double}.jpg"] = encoded(gray(right), ".jpg")
    fake.a_frame = "DUTS-TE/DUTS-TE-Image/sun_bbb.jpg"
    fake.a_mask = "DUTS-TE/DUTS-TE-Mask/sun_bbb.png"
    return fake


def msra10k() -> Fake:
    """Images and masks side by side in one folder."""
    fake = Fake("msra10k", {"MSRA10K_Imgs_GT.zip": {"Readme.txt": b"cite"}}, {}, {})
    paths = ("MSRA10K_Imgs_GT/Imgs/{}.jpg", "MSRA10K_Imgs_GT/Imgs/{}.png")
    _add(fake, "MSRA10K_Imgs_GT.zip", "MSRA10K", paths, ("75", "101", "100015"), grays=False)
    fake.a_frame, fake.a_mask = paths[0].format("75"), paths[1].format("75")
    return fake


def dutomron() -> Fake:
    """Two archives, junk of another system, and a folder that nests twice."""
    archives = ("DUT-OMRON-image.zip", "DUT-OMRON-gt-pixelwise.zip.zip")
    fake = Fake("dutomron", {archives[0]: {}, archives[1]: {}}, {}, {})
    image = "DUT-OMRON-image/DUT-OMRON-image/{}.jpg"
    _add(
        fake, archives[0], "DUT-OMRON", (image, "pixelwiseGT-new-PNG/{}.png"), ("sun_a", "im005", "img_1"), grays=False
    )
    masks = {path: data for path, data in fake.archives[archives[0]].items() if path.endswith(".png")}
    fake.archives[archives[1]] = masks | {"__MACOSX/pixelwiseGT-new-PNG/._sun_a.png": b"junk"}
    for path in masks:
        del fake.archives[archives[0]][path]
    fake.a_frame, fake.a_mask = image.format("im005"), "pixelwiseGT-new-PNG/im005.png"
    return fake


def ecssd() -> Fake:
    """Two archives."""
    fake = Fake("ecssd", {"images.zip": {}, "ground_truth_mask.zip": {}}, {}, {})
    _add(fake, "images.zip", "ECSSD", ("images/{}.jpg", "ground_truth_mask/{}.png"), ("0001", "0002"), grays=False)
    members = fake.archives["images.zip"]
    fake.archives["ground_truth_mask.zip"] = {path: members[path] for path in sorted(members) if path.endswith(".png")}
    for path in fake.archives["ground_truth_mask.zip"]:
        del members[path]
    fake.a_frame, fake.a_mask = "images/0001.jpg", "ground_truth_mask/0001.png"
    return fake


def msrab() -> Fake:
    """Images and masks side by side, of three parts that only the lists tell, one with dots in its name."""
    fake = Fake("msrab", {"MSRA-B.zip": {}}, {}, {})
    paths = ("MSRA-B/{}.jpg", "MSRA-B/{}.png")
    for part, stems in (
        ("train", ("0_0_147", "10_15955708.montblanc1")),
        ("valid", read_list("msrab_valid")[:1]),
        ("test", read_list("msrab_test")[:2]),
    ):
        _add(fake, "MSRA-B.zip", f"MSRA-B-{part}", paths, stems, grays=False)
    fake.a_frame, fake.a_mask = paths[0].format("0_0_147"), paths[1].format("0_0_147")
    return fake


def msrab_folders() -> Fake:
    """Images and masks in folders of their own, and lists."""
    fake = Fake("msrab", {"MSRA-B.zip": {}}, {}, {})
    paths = ("MSRA-B/image/{}.jpg", "MSRA-B/annotation/{}.png")
    for part in ("train", "valid", "test"):
        _add(fake, "MSRA-B.zip", f"MSRA-B-{part}", paths, read_list(f"msrab_{part}")[:2], grays=False)
    fake.archives["MSRA-B.zip"]["MSRA-B/train_cvpr2013.txt"] = b"0_0_147.png\n0_0_155.png\n"
    fake.a_frame, fake.a_mask = next(path for path in fake.archives["MSRA-B.zip"] if path.endswith("jpg")), ""
    fake.a_mask = fake.a_frame.replace("image", "annotation").replace(".jpg", ".png")
    return fake


def hkuis() -> Fake:
    """MATLAB lists that are not read."""
    fake = Fake("hkuis", {"HKU-IS.rar": {"HKU-IS/trainImgSet.mat": b"list"}}, {}, {})
    paths = ("HKU-IS/imgs/{}.jpg", "HKU-IS/gt/{}.png")
    _add(fake, "HKU-IS.rar", "HKU-IS", paths, ("0004", "0005"), grays=False)
    fake.a_frame, fake.a_mask = paths[0].format("0004"), paths[1].format("0004")
    return fake


def pascals() -> Fake:
    """Gray masks, one of which has nothing that half of the people chose; other data sets beside it."""
    fake = Fake("pascals", {"salObj.zip": {}}, {}, {}, notes={"faint-mask"})
    paths = ("datasets/imgs/pascal/{}.jpg", "datasets/masks/pascal/{}.png")
    _add(fake, "salObj.zip", "PASCAL-S", paths, ("1", "2", "10"), grays=True)
    faint = np.full((HEIGHT, WIDTH), 64, np.uint8)
    fake.archives["salObj.zip"][paths[1].format("2")] = encoded(faint, ".png")
    fake.truth["PASCAL-S", "2"] = faint > 128
    fake.archives["salObj.zip"]["datasets/imgs/bruce/1.jpg"] = picture(7)
    fake.archives["salObj.zip"]["datasets/masks/ft/1.png"] = encoded(gray(blob(7)), ".png")
    fake.a_frame, fake.a_mask = paths[0].format("1"), paths[1].format("1")
    return fake
