"""What every section of the configuration is: closed, and frozen once read."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from vsodprep.errors import InputError, VsodprepError, expected_one, meant

# Names of blocks become folder names below `results/`.
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]

# Height and width in pixels.
_LONGEST = 16384
Size = tuple[
    Annotated[int, Field(ge=1, le=_LONGEST, title="Height")], Annotated[int, Field(ge=1, le=_LONGEST, title="Width")]
]

# Snakemake takes braces for wildcards, angle brackets for its own variables; the shell and globs read the others.
_MISREAD = re.compile(r"[{}<>*?\x00-\x1f\x7f]")
# Names in what pydantic says that it expects.
_QUOTED = re.compile(r"'([^']+)'")
_CHOICES = {"literal_error": _QUOTED, "string_pattern_mismatch": re.compile(r"(?<=[(|])[a-z0-9]+(?=[)|:])")}
# What a path of the configuration may leave open.
_BLANKS_TO_FILL = re.compile(r"\{(?:results|seed)\}")


def local_path(text: str) -> str:
    """Return a path as every rule and command can take it: `~` expanded, no double slash, no leading dash.

    Raises:
        ValueError: It is empty, the root of the file system, or has a character that Snakemake would misread.
    """
    if not text.strip() or text != text.strip():
        raise ValueError(f"{text!r} begins or ends with a blank, or is empty; expected a path")
    misread = _MISREAD.search(text)
    if misread:
        raise ValueError(f"{text!r} has a {misread[0]!r} in it, which no path here may have")
    try:
        path = Path(text).expanduser()
    except RuntimeError as error:
        raise ValueError(f"{text!r}: no home folder of that user") from error
    if os.path.realpath(path) == os.path.sep:
        raise ValueError(f"{text!r} is the root of the file system; expected a path below it")
    # A leading dash is an option to a command, and Snakemake wants no path to begin with `./`.
    return str(path.absolute() if str(path).startswith("-") or path == Path() else path)


def _open_path(text: str) -> str:
    local_path(_BLANKS_TO_FILL.sub("0", text))
    return str(Path(text).expanduser())


# A file or folder of the user's.
LocalPath = Annotated[str, AfterValidator(local_path)]
# One in which `{results}` and `{seed}` are filled in later.
OpenPath = Annotated[str, AfterValidator(_open_path)]


class Section(BaseModel):
    """A part of the configuration; an unknown key is an error, so that a typo does not cost a night."""

    # `defer_build`: what reads values of a section is made when there are some, as most commands need few of them
    model_config = ConfigDict(
        extra="forbid", frozen=True, defer_build=True, use_attribute_docstrings=True, allow_inf_nan=False
    )


Block = TypeVar("Block", bound=Section)


class Apart:
    """Marks a key that is no option of its command, which takes an argument or the files that the plan makes of it."""


class SplitOf(Section):
    """A split of a benchmark."""

    benchmark: Name
    """Benchmark name."""
    split: Name
    """Name of one of its splits."""


def validated(block: type[Block], value: Any, where: str) -> Block:
    """Return a block of the configuration, checked.

    Args:
        block: Its type.
        value: Its plain values.
        where: What to name in an error: a file, or what the values are.

    Raises:
        VsodprepError: Something does not fit; the first thing on one line, with its key.
    """
    try:
        return block.model_validate(value)
    except ValidationError as error:
        raise _refusal(error, block, value, where) from error


def _keys(block: type[Section], place: Sequence[str | int]) -> list[str]:
    """Return the keys that a section of a block has; of all that may stand there, where nothing tells them apart."""
    whole = block.model_json_schema()

    def members(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        if "$ref" in schema:
            schema = whole["$defs"][schema["$ref"].rpartition("/")[2]]
        yield schema
        for each in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
            yield from members(each)

    found = list(members(whole))
    for part in place:
        below = [each.get("properties", {}).get(part) or each.get("items") for each in found]
        below += [each.get("additionalProperties") for each in found]
        below += [named for each in found for named in each.get("patternProperties", {}).values()]
        kinds = [each.get("discriminator", {}).get("mapping", {}).get(part) for each in found]
        chosen = [each for each in below if isinstance(each, Mapping)] or [{"$ref": kind} for kind in kinds if kind]
        found = [each for schema in chosen for each in members(schema)] or found  # else it names a member of a union
    return list(dict.fromkeys(key for each in found for key in each.get("properties", ())))


def _refusal(error: ValidationError, block: type[Section], given: Any, where: str) -> VsodprepError:
    # A mistyped key is told before the one that is missing for it.
    first = min(error.errors(), key=lambda each: each["type"] != "extra_forbidden")
    kind, message, reader = first["type"], first["msg"].removeprefix("Value error, "), ""
    keys: list[str] = []
    for part in first["loc"]:
        try:
            given = given[part]
        except (LookupError, TypeError):
            absent = kind == "missing" and part == first["loc"][-1]
            if isinstance(given, Mapping | list) and not absent:  # a member of a union, by what tells it from others
                reader = f", which {part} does not read"
                continue
            members = [each["msg"] for each in error.errors() if each["loc"][:-1] == first["loc"][:-1]]
            if len(members) > 1 and not absent:  # one of plain values, each of which says what it would be
                message = " or ".join([members[0], *(each.removeprefix("Input should be ") for each in members[1:])])
                continue
        keys.append(str(part))
    if kind.startswith("union_tag"):
        keys.append(first["ctx"]["discriminator"].strip("'"))
        tag, tags = first["ctx"].get("tag"), str(first["ctx"].get("expected_tags"))
        message = "Field required" if tag is None else f"{tag!r}; expected {expected_one(tag, _QUOTED.findall(tags))}"
    key = ".".join(keys)
    if kind == "extra_forbidden":
        *place, last = first["loc"]
        return InputError(where, f"unknown key {key}{reader}", expected_one(str(last), _keys(block, place)))
    found = first["input"]
    if kind not in ("missing", "value_error") and not kind.startswith("union_tag"):
        message += f", found {f'a {type(found).__name__}' if isinstance(found, Mapping | list) else repr(found)}"
    known = _CHOICES[kind].findall(next(iter(first["ctx"].values()))) if kind in _CHOICES else []
    if isinstance(found, str):
        message += meant(found, known)
    return VsodprepError(": ".join(filter(None, (where, key, message))))
