"""A signal ends a command by 128 + n, with one line, no process left, and no file that a rerun does not take up."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from shard_tree import make_everything
from signalled import End, Running, group, until

from vsodprep.config.train import Data, Run, Stage
from vsodprep.shards import pack_benchmark

ASKING = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


def line(how: signal.Signals) -> str:
    return f"vsodprep: ended by {how.name}\n"


def command(body: str, folder: Path, **options: object) -> Running:
    """Start the command line with a body instead of its commands."""
    indented = "".join(f"\n    {row}" for row in body.strip().splitlines())
    code = "import atexit, sys, time\nfrom pathlib import Path\nfrom vsodprep import cli, ending, workers\n"
    code += f"def body(**_):{indented}\ncli.cli = body\ncli.main()\n"
    return Running(["-c", code], folder / "tmp", **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("how", ASKING, ids=lambda how: how.name)
def test_the_stack_unwinds(how: signal.Signals, tmp_path: Path) -> None:
    from_body = f"""
from vsodprep.files import atomic_path
with atomic_path(Path({str(tmp_path / "file")!r})) as path:
    path.write_text("half")
    print("ready", flush=True)
    time.sleep(60)
"""
    running = command(from_body, tmp_path)
    running.says("ready")
    running.send(how)
    assert running.end() == End(128 + how, "", line(how), [])
    assert [path.name for path in tmp_path.iterdir()] == ["tmp"]


def test_a_signal_in_a_destructor_ends_the_command_without_a_traceback(tmp_path: Path) -> None:
    """As in that of a DataLoader's iterator, which waits for its workers: Python drops what it raises."""
    body = """
class Slow:
    def __del__(self):
        print("ready", flush=True)
        time.sleep(1)
Slow()
"""
    running = command(body, tmp_path)
    running.says("ready")
    running.send(signal.SIGTERM)
    assert running.end() == End(128 + signal.SIGTERM, "", line(signal.SIGTERM), [])


def test_a_second_signal_does_not_stop_the_unwinding(tmp_path: Path) -> None:
    body = """
try:
    print("ready", flush=True)
    time.sleep(60)
finally:
    print("unwinding", flush=True)
    time.sleep(0.3)
    print("unwound", flush=True)
"""
    running = command(body, tmp_path)
    running.says("ready")
    running.send(signal.SIGTERM)
    running.says("unwinding")
    running.send(signal.SIGINT)
    assert running.end() == End(143, "unwound\n", line(signal.SIGTERM), [])


@pytest.mark.parametrize(
    "body",
    [
        "try:\n    {wait}\nexcept BaseException:\n    time.sleep(60)",
        "try:\n    {wait}\nexcept BaseException:\n    pass",
        "try:\n    {wait}\nfinally:\n    raise OSError(28, 'No space left on device')",
        "try:\n    {wait}\nexcept BaseException:\n    raise ValueError",
        "with ending.held():\n    {wait}",
        "atexit.register(lambda: ({wait}))",
    ],
    ids=["lost", "lost at the end", "another error on top", "another error instead", "held", "after the end"],
)
def test_a_signal_is_never_lost(body: str, tmp_path: Path) -> None:
    wait = "print('ready', flush=True), time.sleep(1)"
    running = command(f"ending._PATIENCE = 0.5\n{body.format(wait=wait)}", tmp_path)
    running.says("ready")
    running.send(signal.SIGTERM)
    end = running.end()
    said = "" if body.startswith("atexit") else line(signal.SIGTERM)  # nothing was under way any more
    assert end == End(143, "", said, [])


def test_a_step_that_is_held_is_not_torn_apart(tmp_path: Path) -> None:
    body = (
        "with ending.held():\n    print('ready', flush=True)\n    time.sleep(0.3)\n    print('through', flush=True)\n"
    )
    running = command(f"{body}time.sleep(60)", tmp_path)
    running.says("ready")
    running.send(signal.SIGINT)
    assert running.end() == End(130, "through\n", line(signal.SIGINT), [])


def test_a_signal_that_the_caller_ignores_is_ignored(tmp_path: Path) -> None:
    body = """
print("ready", flush=True)
time.sleep(0.5)
print("went on", flush=True)
time.sleep(60)
"""
    running = command(body, tmp_path, before=["nohup"])
    running.says("ready")
    running.send(signal.SIGHUP)
    running.says("went on")
    running.send(signal.SIGTERM)
    assert running.end() == End(143, "", line(signal.SIGTERM), [])


@pytest.mark.parametrize("word", ["benchmarks", "--help"])
def test_a_reader_that_has_gone_ends_a_command_in_silence(word: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    words = [sys.executable, "-m", "vsodprep", word]
    ended = subprocess.run(words, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (ended.returncode, ended.stderr) == (141, b"")


WORK = """
with workers.mapped(time.sleep, [0.1] * 1000, 2) as results:
    list(results)
"""


def with_workers(folder: Path) -> Running:
    running = command(WORK, folder)
    until(lambda: sum("spawn_main" in one for one in group(running.process.pid)) == 2)
    return running


@pytest.mark.parametrize("how", [*ASKING, signal.SIGKILL], ids=lambda how: how.name)
def test_workers_end_with_their_parent(how: signal.Signals, tmp_path: Path) -> None:
    running = with_workers(tmp_path)
    running.send(how)
    end = running.end()
    assert end.left == []
    assert list((tmp_path / "tmp").iterdir()) == []
    if how is signal.SIGKILL:
        assert end.code == -signal.SIGKILL
    else:
        assert end == End(128 + how, "", line(how), [])


def test_a_worker_that_is_killed_is_one_line(tmp_path: Path) -> None:
    running = with_workers(tmp_path)
    server = running.process.pid
    youngest = max(int(one.name) for one in Path("/proc").iterdir() if one.name.isdigit() and in_group(one, server))
    os.kill(youngest, signal.SIGKILL)
    assert running.end() == End(
        1, "", "vsodprep: a worker process was killed; fewer --jobs (flow: --writers) take less memory\n", []
    )


def in_group(process: Path, leader: int) -> bool:
    try:
        return os.getpgid(int(process.name)) == leader
    except ProcessLookupError:
        return False


def test_training_that_is_ended_is_not_taken_for_done(tmp_path: Path) -> None:
    make_everything(tmp_path)
    pack_benchmark(tmp_path / "normalized", tmp_path / "mini.zarr", flow={"dis": tmp_path / "flow"})
    stage = Stage(data=(Data(benchmark="mini", split="train"),), size=(64, 64), batch=2, steps=10000)
    run = Run(width=0.125, pretrained=False, flow="dis", stages=(stage,)).model_dump_json()
    out = tmp_path / "out" / "last.ckpt"
    out.parent.mkdir()
    out.write_text("of an older recipe")
    words = ["-m", "vsodprep", "train", "dsnet", "--recipe", run, "--shard", str(tmp_path / "mini.zarr")]
    running = Running([*words, "--out", str(out), "--threads", "1", "--save-seconds", "0"], tmp_path / "tmp")
    until((out.parent / ".last.ckpt.progress" / "state.ckpt").exists)
    running.send(signal.SIGTERM)
    end = running.end()
    assert (end.code, end.left) == (143, [])
    assert end.err.endswith(line(signal.SIGTERM))
    assert out.read_text() == "of an older recipe"
    assert sorted(path.name for path in out.parent.iterdir()) == [".last.ckpt.progress", "last.ckpt"]
