"""Every block of code and every command of the pages names what exists: commands, options, keys, imports."""

import ast
import importlib
import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import click
import pytest
import yaml
from markdown_it import MarkdownIt
from pipeline import ROOT

from vsodprep.cli import cli
from vsodprep.config import Config, complete
from vsodprep.config.defaults import default
from vsodprep.evaluate.protocols import find_protocol

PAGES = {
    str(path.relative_to(ROOT)): path
    for path in sorted([*ROOT.glob("*.md"), *ROOT.glob("config/*.md"), *ROOT.glob("docs/**/*.md")])
    if path.name not in ("CHANGELOG.md", "configuration.md")
}
SHELL = ("bash", "sh", "console")
BASE: dict[str, Any] = default().model_dump(mode="json")


@dataclass(frozen=True)
class Block:
    """A block of code.

    Attributes:
        kind: Its language.
        text: What it says.
        why: Why it is not run; None if it is.
    """

    kind: str
    text: str
    why: str | None


def blocks(page: str) -> list[Block]:
    """Return a page's blocks in order; one that is only indented is of shell."""
    found, why = [], None
    for token in MarkdownIt().enable("table").parse(PAGES[page].read_text(encoding="utf-8")):
        if token.type in ("fence", "code_block"):
            found.append(Block(token.info.strip() if token.type == "fence" else "sh", token.content, why))
        if token.type in ("html_block", "fence", "code_block"):
            marked = re.fullmatch(r"<!-- checked only: (.+) -->\n?", token.content)
            why = marked[1] if marked else None
    return found


def spans(page: str) -> Iterator[str]:
    """Yield the commands that stand in a page's sentences and tables."""
    for token in MarkdownIt().enable("table").parse(PAGES[page].read_text(encoding="utf-8")):
        for child in token.children or ():
            if child.type == "code_inline" and child.content.startswith(("vsodprep ", "snakemake ")):
                yield child.content


def is_usage(line: str) -> bool:
    """Whether a line says how a command is used, and is none itself."""
    return bool(re.search(r"\[--|\.\.\.|…| \||\b[A-Z]{3,}\|", line))


def lines(text: str) -> list[str]:
    """Return the commands of a shell block, each as one line, without comments and answers."""
    joined = re.sub(r"\s*\\\n\s*", " ", text)
    if "$ " in joined:
        joined = "\n".join(re.findall(r"^\$ (.*)", joined, re.MULTILINE)) or joined
    kept = [re.sub(r"(^|\s)#.*", "", line).strip() for line in joined.splitlines()]
    return [line for line in kept if line]


def commands(line: str) -> Iterator[list[str]]:
    """Yield the words of each of our commands and of Snakemake in a line."""
    for part in re.split(r" && |; | \| ", line):
        words = shlex.split(part.replace("[", " ").replace("]", " ").replace("|", " ") if is_usage(line) else part)
        if words and words[0] in ("vsodprep", "snakemake"):
            yield words


def check_ours(words: list[str], usage: bool) -> None:
    """Check that a command and its options exist, and, where it is no usage, that click reads it."""
    command: click.Command = cli
    context = click.Context(cli)
    while isinstance(command, click.Group) and words and re.fullmatch(r"[a-z][a-z-]*", words[0]):
        found = command.get_command(context, words[0])
        assert found is not None, f"no command {words[0]}"
        command, words = found, words[1:]
        context = click.Context(command, parent=context)
    kinds = [command]
    if isinstance(command, click.Group):  # `figure KIND --out FILE`
        kinds += [each for name in command.list_commands(context) if (each := command.get_command(context, name))]
    known = {name for kind in kinds for each in kind.params for name in (*each.opts, *each.secondary_opts)}
    used = {word.partition("=")[0] for word in words if word.startswith("--")} - {"--", "--help", "--version"}
    assert used <= known, f"{command.name}: {used - known}"
    if words and not usage and not isinstance(command, click.Group):
        command.make_parser(context).parse_args(list(words))


@pytest.mark.parametrize("page", PAGES)
def test_commands_and_their_options_exist(page: str) -> None:
    told = [line for block in blocks(page) if block.kind in SHELL for line in lines(block.text)]
    for line, usage in [(line, is_usage(line)) for line in told] + [(span, True) for span in spans(page)]:
        for words in commands(line):
            if words[0] == "vsodprep" and words[1:] and re.fullmatch(r"[a-z-]+", words[1]):
                check_ours(words[1:], usage)


@pytest.mark.parametrize("page", PAGES)
def test_no_block_goes_unread(page: str) -> None:
    """What is of no language, as a picture in letters, holds no command."""
    unread = [block for block in blocks(page) if block.kind not in (*SHELL, "python", "yaml")]
    assert {block.kind for block in unread if not block.kind.startswith("{")} <= {"", "text"}
    assert not [
        block for block in unread if re.search(r"^(vsodprep|snakemake|python3?|pip) ", block.text, re.MULTILINE)
    ]


@pytest.mark.parametrize("page", PAGES)
def test_configurations_are_accepted(page: str) -> None:
    for block in blocks(page):
        if block.kind != "yaml":
            continue
        said = yaml.safe_load(block.text)
        said = said.get("vsodprep", said)
        if "base" in said:
            find_protocol(json.dumps(said))
        elif is_usage(block.text):
            assert set(said) <= set(Config.model_fields)
        else:
            complete(said, BASE)


@pytest.mark.parametrize("page", PAGES)
def test_python_is_read_and_finds_what_it_imports(page: str) -> None:
    for block in blocks(page):
        if block.kind == "python" and "module vsodprep:" not in block.text:  # a Snakefile
            for node in ast.walk(ast.parse(block.text)):
                if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in ("vsodprep", "models"):
                    module = importlib.import_module(node.module or "")
                    assert [alias.name for alias in node.names if not hasattr(module, alias.name)] == []
