"""A configuration block becomes words of its command, and these the same block again."""

import shlex
import subprocess
import sys
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import click
import pytest
from annotated_types import BaseMetadata
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import Field, ValidationError, create_model

from vsodprep.cli import COMMANDS
from vsodprep.cli._options import block_of, options_of
from vsodprep.config.base import Apart, Section
from vsodprep.config.coarse import Coarse
from vsodprep.config.flow import Flow, Policy
from vsodprep.config.normalize import Choice
from vsodprep.config.options import arguments_of
from vsodprep.config.pack import Pack
from vsodprep.config.prior import Prior


class Inner(Section):
    """A section in a block."""

    share: float = Field(default=0.25, gt=0, le=1)
    """Share."""


class Every(Section):
    """A key of every kind."""

    kept: Annotated[str, Apart] = "kept"
    """No option."""
    choice: Annotated[str, Field(pattern="a|b")] = "a"
    """Text."""
    flag: bool = False
    """Truth value."""
    number: float = 1.0
    """A number without bounds."""
    count: int | None = Field(default=None, ge=1)
    """How many; all if null."""
    names: tuple[str, ...] = Field(default=("x",), min_length=1)
    """Repeated."""
    sizes: tuple[tuple[Annotated[int, Field(ge=1, title="Height")], Annotated[float, Field(title="Width")]], ...] = ()
    """Repeated pairs."""
    inner: Inner = Inner()
    """A section."""


def command_of(block: type[Section]) -> click.Command:
    @click.command()
    @options_of(block)
    @click.pass_context
    def command(ctx: click.Context, **given: Any) -> None:
        ctx.obj["block"] = block_of(block, given, **ctx.obj["apart"])

    return command


def apart_of(value: Section) -> dict[str, Any]:
    """Return the values of the keys that are no options."""
    fields = {key: (field, getattr(value, key)) for key, field in type(value).model_fields.items()}
    inner = {key: apart_of(each) for key, (_, each) in fields.items() if isinstance(each, Section)}
    return {key: each for key, (field, each) in fields.items() if Apart in field.metadata} | inner


def round_trip(value: Section) -> Section:
    told: dict[str, Any] = {"apart": apart_of(value)}
    words = shlex.split(shlex.join(arguments_of(value)))
    command_of(type(value)).main(words, obj=told, standalone_mode=False)
    return told["block"]


def values_of(annotation: Any, metadata: list[Any]) -> st.SearchStrategy[Any]:
    if annotation in (None, type(None)):
        return st.none()
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return blocks(annotation)
    if get_origin(annotation) in (Union, UnionType):
        return st.one_of([values_of(each, metadata) for each in get_args(annotation)])
    for pattern in (each.pattern for each in metadata if getattr(each, "pattern", None)):
        return st.from_regex(pattern, fullmatch=True, alphabet=st.characters(codec="ascii"))
    bounds = [each for each in metadata if isinstance(each, BaseMetadata)]
    return st.from_type(Annotated[annotation, *bounds] if bounds else annotation)


@st.composite
def blocks(draw: st.DrawFn, block: type[Section]) -> Section:
    """Draw a block in which up to three keys have other values than their defaults."""
    fields = block.model_fields
    keys = draw(st.lists(st.sampled_from(sorted(fields)), max_size=3, unique=True))
    try:
        return block.model_validate(
            {key: draw(values_of(fields[key].annotation, fields[key].metadata)) for key in keys}
        )
    except ValidationError:
        return block()


@pytest.mark.filterwarnings("ignore:Ignoring unsupported")
@pytest.mark.parametrize("block", [Every, Flow, Policy, Prior, Coarse, Pack, Choice])
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_round_trip(block: type[Section], data: st.DataObject) -> None:
    value = data.draw(blocks(block))
    assert round_trip(value) == value


@pytest.mark.parametrize(
    ("block", "words"),
    [
        (Every(), "--choice a --no-flag --number 1.0 --names x --inner-share 0.25"),
        (Every(flag=True, count=3), "--choice a --flag --number 1.0 --count 3 --names x --inner-share 0.25"),
        (
            Every(names=("y z", "-v"), sizes=((1, 2.5), (3, 4))),
            "--choice a --no-flag --number 1.0 --names 'y z' --names -v --sizes 1 2.5 --sizes 3 4.0 --inner-share 0.25",
        ),
    ],
    ids=str,
)
def test_words(block: Section, words: str) -> None:
    assert shlex.join(arguments_of(block)) == words


@pytest.mark.parametrize(("annotation", "default"), [(tuple[str, ...], ("x",)), (int | None, 3)], ids=str)
def test_a_key_that_no_option_could_take_from_its_default_is_no_option(annotation: Any, default: Any) -> None:
    block = create_model("Block", __base__=Section, key=(annotation, default))
    with pytest.raises(TypeError, match=r"Block\.key: no option tells nothing from"):
        options_of(block)(lambda: None)


def test_only_some_keys() -> None:
    assert arguments_of(Every(count=3), {"count"}) == ["--count", "3"]


def test_help_tells_types_ranges_and_defaults() -> None:
    told = " ".join(CliRunner().invoke(command_of(Every), ["--help"]).output.split())
    for part in (
        "--flag / --no-flag Truth value. [default: no-flag]",
        "--number FLOAT A number without bounds. [default: 1.0]",
        "--count INTEGER RANGE How many; all if not given. [x>=1]",
        "--name, --names TEXT Repeated. [default: x]",
        "--size, --sizes HEIGHT WIDTH Repeated pairs.",
        "--inner-share FLOAT RANGE Share. [default: 0.25; 0<x<=1]",
    ):
        assert part in told
    assert "kept" not in told


@pytest.mark.parametrize("words", [["--number", "nan"], ["--choice", "c"], ["--inner-share", "0"]], ids=str)
def test_what_a_block_refuses_is_wrong_usage(words: list[str]) -> None:
    assert CliRunner().invoke(command_of(Every), words, obj={"apart": {}}).exit_code == 2


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_every_command_imports_no_algorithm_and_no_more_of_the_configuration_than_it_reads(name: str) -> None:
    code = "import sys\nfrom vsodprep.cli import cli\ncli(sys.argv[1:], standalone_mode=False)\nprint(*sys.modules)"

    done = subprocess.run([sys.executable, "-c", code, name, "--help"], capture_output=True, text=True, check=True)
    imported = set(done.stdout.splitlines()[-1].split())
    assert not {"torch", "cv2", "numpy", "zarr", "h5py"} & imported
    assert ("vsodprep.config.whole" in imported) is (name == "report")
