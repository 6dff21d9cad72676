import argparse
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from vsodprep.errors import InputError, VsodprepError
from vsodprep.files import sha256
from vsodprep.weights import find_weights, load, read_state


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))


def saved(tmp_path: Path, value: object) -> Path:
    path = tmp_path / "weights.pth"
    torch.save(value, path)
    return path


def test_a_file_is_taken_as_it_is(tmp_path: Path) -> None:
    path = saved(tmp_path, {})
    assert find_weights(str(path), {}) == path


def test_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"weights 'middling'.*large, small"):
        find_weights("middling", {"large": "", "small": ""})


def published(tmp_path: Path) -> tuple[Path, str]:
    """A file with its hash in the name, and its address."""
    source = saved(tmp_path, {"a": torch.ones(2)})
    named = tmp_path / f"net-{sha256(source)[:8]}.pth"
    source.rename(named)
    return named, named.as_uri()


def test_fetched_once_and_kept(tmp_path: Path) -> None:
    source, url = published(tmp_path)
    found = find_weights("net", {"net": url})
    assert found == tmp_path / "torch" / "hub" / "checkpoints" / source.name
    assert found.read_bytes() == source.read_bytes()
    source.unlink()
    assert find_weights("net", {"net": url}) == found


def test_found_by_the_file_name_that_a_record_has(tmp_path: Path) -> None:
    source, url = published(tmp_path)
    assert find_weights(source.name, {"net": url}).read_bytes() == source.read_bytes()


def test_wrong_download_leaves_nothing(tmp_path: Path) -> None:
    source, url = published(tmp_path)
    source.write_bytes(b"a page that says no")
    with pytest.raises(InputError, match=r"download failed .*expected net-.* in .*checkpoints"):
        find_weights("net", {"net": url})
    assert not list((tmp_path / "torch" / "hub" / "checkpoints").iterdir())


def test_absent_and_no_network_says_what_to_fetch_and_where_to_put_it(tmp_path: Path) -> None:
    url = (tmp_path / "nowhere" / "net-01234567.pth").as_uri()
    with pytest.raises(InputError) as error:
        find_weights("net", {"net": url})
    assert url in str(error.value)
    assert str(tmp_path / "torch" / "hub" / "checkpoints") in str(error.value)


def test_damaged_file_in_the_cache_is_refused(tmp_path: Path) -> None:
    _, url = published(tmp_path)
    path = find_weights("net", {"net": url})
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(InputError, match="delete the file"):
        find_weights("net", {"net": url})


def test_host_without_direct_download(tmp_path: Path) -> None:
    url = "https://example.org/view#net.tar"
    with pytest.raises(InputError, match=r"net\.tar from https://example\.org/view"):
        find_weights("net", {"net": url})
    path = tmp_path / "torch" / "hub" / "checkpoints" / "net.tar"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"")
    assert find_weights("net", {"net": url}) == path


@pytest.mark.parametrize(
    "wrap",
    [
        lambda state: state,
        lambda state: {"state_dict": state, "epoch": 3, "best": np.float64(1.5), "args": argparse.Namespace(a=1)},
        lambda state: {"model": state},
        lambda state: {"weights": state, "format": "vsodprep checkpoint 1", "model": "dsnet"},
        lambda state: {"state_dict": {f"module.{key}": value for key, value in state.items()}},
    ],
    ids=["plain", "wrapped", "model", "ours", "parallel"],
)
def test_checkpoints_are_read_however_they_are_wrapped(tmp_path: Path, wrap) -> None:
    state = read_state(saved(tmp_path, wrap({"a.weight": torch.arange(3.0)})))
    assert list(state) == ["a.weight"]
    assert state["a.weight"].tolist() == [0, 1, 2]


def test_safetensors_are_read_whatever_the_file_is_called(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    save_file({"module.a.weight": torch.arange(3.0)}, path)
    assert [(key, value.tolist()) for key, value in read_state(path).items()] == [("a.weight", [0, 1, 2])]
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(InputError, match="unreadable as weights"):
        read_state(path)


@pytest.mark.parametrize("value", [{}, [1, 2], {"a": 3}, Path("code")], ids=str)
def test_other_files_are_no_weights(tmp_path: Path, value: object) -> None:
    with pytest.raises(InputError, match=r"weights\.pth"):
        read_state(saved(tmp_path, value))


def test_bytes_are_no_weights(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    path.write_bytes(b"no archive")
    with pytest.raises(InputError, match="unreadable as weights"):
        read_state(path)


@pytest.mark.parametrize(
    ("state", "line"),
    [
        ({"weight": torch.ones(2, 3)}, "no parameter bias; 1 of 2 tensors fit"),
        ({"weight": torch.ones(3, 2), "bias": torch.ones(2)}, r"weight has shape \(3, 2\), expected \(2, 3\); 1 of 2"),
        ({"weight": torch.ones(2, 3), "bias": torch.ones(2), "more": torch.ones(1)}, "unknown parameter more; 2 of 2"),
    ],
)
def test_another_networks_weights_are_named(state: dict[str, torch.Tensor], line: str) -> None:
    with pytest.raises(VsodprepError, match=f"net.pth: {line}"):
        load(nn.Linear(3, 2), state, "net.pth")
