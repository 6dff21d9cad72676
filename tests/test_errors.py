import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from vsodprep import cli
from vsodprep.errors import InputError, expected_one, meant


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    """Put the handlers back that `main` has set for its process's whole life."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_input_error_survives_pickling():
    error = pickle.loads(pickle.dumps(InputError(Path("a.png"), "nothing", "an image")))
    assert (error.where, str(error)) == (Path("a.png"), "a.png: nothing; expected an image")


@pytest.mark.parametrize(
    ("name", "guess"),
    [("flwo", "flow"), ("FLOW", "flow"), ("davis-2016", "DAVIS2016"), ("flow", "flow"), ("xyz", ""), ("", "")],
)
def test_a_slip_is_told_from_another_name(name: str, guess: str) -> None:
    known = ["prior", "flow", "DAVIS2016"]
    words = f": did you mean {guess!r}?" if guess else ""
    assert meant(name, known) == words
    assert expected_one(name, known, ", or a file") == f"one of prior, flow, DAVIS2016, or a file{words}"


def test_of_no_names_none_is_expected() -> None:
    assert expected_one("flow", []) == "one of none"


@pytest.mark.parametrize(
    ("word", "hint"),
    [("evalute", "did you mean 'evaluate'?"), ("fuse_fit", "did you mean 'fuse-fit'?"), ("xyz", "--help lists them")],
)
def test_a_mistyped_command_is_wrong_usage(word: str, hint: str) -> None:
    result = CliRunner().invoke(cli.cli, [word, "--out", "x"])
    assert result.exit_code == 2
    assert f"no command {word!r}: " in result.output
    assert result.output.endswith(f"{hint}\n")


def test_a_mistyped_flow_method_is_wrong_usage() -> None:
    result = CliRunner().invoke(cli.cli, ["flow", "diss", "frames", "--out", "x.h5"])
    assert result.exit_code == 2
    assert "no method 'diss'; expected one of dis, raft, " in result.output
    assert result.output.endswith("did you mean 'dis'?\n")


@pytest.mark.parametrize(
    ("typed", "last", "found"),
    [
        ([], "ev", ["evaluate"]),
        ([], "fuse", ["fuse-fit", "fuse"]),
        ([], "--ver", ["--version"]),
        (["download"], "davis", ["davis2016", "davis2017"]),
        (["normalize"], "vis", ["visal"]),
        (["benchmarks"], "fb", ["fbms"]),
        (["train"], "cag", ["cagdde"]),
        (["table", "--paper"], "ds", ["dsnet", "dsmt"]),
        (["evaluate", "--protocol"], "dav", ["davsod", "davis2016"]),
        (["figure", "intervals", "--benchmark"], "vi", ["visal"]),
        (["crf", "FRAMES", "MAPS", "--preset"], "deeplab-v", ["deeplab-v2"]),
        (["flow"], "di", ["dis"]),
        (["flow", "dis"], "--show", ["--show-at"]),
        (["predict", "a.ckpt", "b", "--device"], "cu", ["cuda"]),
    ],
)
def test_a_shell_completes(typed: list[str], last: str, found: list[str]) -> None:
    completion = ShellComplete(cli.cli, {}, "vsodprep", "_VSODPREP_COMPLETE")
    assert [item.value for item in completion.get_completions(typed, last)] == found


def test_completing_a_command_imports_none() -> None:
    words = {"_VSODPREP_COMPLETE": "bash_complete", "COMP_WORDS": "vsodprep ", "COMP_CWORD": "1"}
    code = "import sys, vsodprep.cli as c\ntry: c.main()\nfinally: print(*(n for n in sys.modules if 'cli.' in n))"
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | words, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [f"plain,{name}" for name in cli.COMMANDS]


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (InputError("a.png", "two\nlines", "one"), "vsodprep: a.png: two lines; expected one\n"),
        (PermissionError(13, "Permission denied", "out/a.png"), "vsodprep: out/a.png: Permission denied\n"),
        (OSError(28, "No space left on device"), "vsodprep: No space left on device\n"),
    ],
)
def test_what_a_user_can_mend_is_one_line(
    error: Exception, line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(**_: object) -> None:
        raise error

    monkeypatch.setattr(cli, "cli", fail)
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert (end.value.code, capsys.readouterr().err) == (1, line)


@pytest.mark.parametrize(
    "words",
    [
        ["pack", "nowhere", "--out", "x.zarr"],
        ["flow", "import", "nowhere", "nowhere", "--out", "x.h5"],
        ["flow", "dis", "nowhere", "--out", "x.h5", "--only", "nowhere"],
    ],
)
def test_a_missing_input_is_no_wrong_usage(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["vsodprep", *words])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 1


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_output_that_the_caller_has_closed_is_no_error(closed: str, tmp_path: Path) -> None:
    words = f"exec {sys.executable} -m vsodprep table --paper stan --out {tmp_path / 'a.md'} {closed}"
    subprocess.run(["bash", "-c", words], check=True)
    assert (tmp_path / "a.md").is_file()


@pytest.mark.parametrize("closed", ["", ">&-"])
def test_a_name_that_is_no_text_can_be_said(closed: str, tmp_path: Path) -> None:
    (tmp_path / "losses.csv").write_text("step,stage,lr,loss\n1,main,0.1,0.5\n2,main,0.1,0.4\n")
    out = tmp_path / os.fsdecode(b"caf\xe9.svg")
    words = f"exec {sys.executable} -m vsodprep figure losses a={tmp_path}/losses.csv --out {out} {closed}"
    done = subprocess.run(["bash", "-c", words], stdout=subprocess.PIPE, check=True)
    assert done.stdout == (b"" if closed else os.fsencode(out) + b"\n")
    assert out.is_file()
