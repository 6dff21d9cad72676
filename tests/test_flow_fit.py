import pytest
import torch

from vsodprep.errors import VsodprepError
from vsodprep.flow.fit import Fit


def ramp(height: int, width: int) -> torch.Tensor:
    """Flow whose u is the column and whose v is the row of each pixel."""
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    return torch.stack([x, y])[None].float()


@pytest.mark.parametrize(
    ("kind", "frame", "expected"),
    [
        ("pad", (480, 854), (480, 856)),
        ("pad", (480, 856), (480, 856)),
        ("pad", (33, 200), (128, 200)),
        ("resize", (481, 849), (488, 856)),
        ("crop", (481, 855), (480, 848)),
    ],
)
def test_size_for_raft(kind: str, frame: tuple[int, int], expected: tuple[int, int]) -> None:
    assert Fit(8, 128, kind).size(frame) == expected


def test_flownet2_crops_480p_as_ds_nets_pictures_are() -> None:
    assert Fit(64, 64, "crop").size((480, 854)) == (448, 832)


def test_crop_is_central() -> None:
    cropped = Fit(8, 8, "crop").apply(ramp(21, 27))
    assert cropped.shape == (1, 2, 16, 24)
    assert cropped[0, :, 0, 0].tolist() == [1, 2]  # (27 - 24) // 2 and (21 - 16) // 2


def test_crop_refuses_small_frames() -> None:
    with pytest.raises(VsodprepError, match="100 x 300 pixels are too small for fit: crop"):
        Fit(8, 128, "crop").size((100, 300))


def test_padding_repeats_the_edge_on_all_sides() -> None:
    padded = Fit(8, 8).apply(ramp(13, 10))
    assert padded.shape == (1, 2, 16, 16)
    assert padded[0, 0, 5].tolist() == [0, 0, 0, *range(10), 9, 9, 9]
    assert padded[0, 1, :, 5].tolist() == [0, *range(13), 12, 12]


@pytest.mark.parametrize("frame", [(16, 24), (17, 29), (13, 8), (9, 31)])
def test_padding_is_undone(frame: tuple[int, int]) -> None:
    fit = Fit(8, 8)
    torch.testing.assert_close(fit.undo(fit.apply(ramp(*frame)), frame), ramp(*frame))


def test_resize_scales_the_flow_back() -> None:
    fit = Fit(8, 8, "resize")
    flow = torch.tensor([3.2, 1.6]).view(1, 2, 1, 1).expand(1, 2, 16, 24)
    back = fit.undo(flow, (15, 20))
    assert back.shape == (1, 2, 15, 20)
    torch.testing.assert_close(back[0, :, 7, 7], torch.tensor([3.2 * 20 / 24, 1.6 * 15 / 16]))


@pytest.mark.parametrize(
    ("border", "corner", "centre"),
    [("replicate", [0.0, 0.0], [10 - 1, 10 - 2]), ("zero", [0.0, 0.0], [10 - 1, 10 - 2])],
)
def test_border_of_a_crop(border: str, corner: list[float], centre: list[float]) -> None:
    flow = Fit(8, 8, "crop", border).undo(ramp(16, 24), (21, 27))
    assert flow.shape == (1, 2, 21, 27)
    assert flow[0, :, 0, 0].tolist() == corner
    assert flow[0, :, 10, 10].tolist() == centre


@pytest.mark.parametrize(("border", "last"), [("replicate", [23.0, 15.0]), ("zero", [0.0, 0.0]), ("stretch", [23, 15])])
def test_last_corner_of_a_crop(border: str, last: list[float]) -> None:
    assert Fit(8, 8, "crop", border).undo(ramp(16, 24), (21, 27))[0, :, -1, -1].tolist() == last


def test_stretched_crop_keeps_its_values_and_loses_its_place() -> None:
    flow = Fit(8, 8, "crop", "stretch").undo(ramp(16, 24), (32, 48))
    assert flow[0, :, 20, 20].tolist() == [9.75, 9.75]
