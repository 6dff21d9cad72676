"""Protocols of the user's own, from a configuration to the command."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

import pytest

from vsodprep.config import Config, complete, parse
from vsodprep.config.defaults import default
from vsodprep.config.protocol import PROTOCOLS, OwnProtocol
from vsodprep.errors import VsodprepError
from vsodprep.evaluate.protocols import find_protocol
from vsodprep.files import write_text
from vsodprep.workflow.plan import Plan

BASE: dict[str, Any] = default().model_dump(mode="json")


def config_of(protocols: dict[str, Any], *used: str) -> Config:
    run = BASE["runs"]["dsnet"]["full"]
    tested = run | {"test": [run["test"][0] | {"protocols": list(used or protocols)}]}
    return complete({"protocols": protocols, "runs": {"dsnet": {"full": tested}}}, BASE)


def documented() -> dict[str, dict[str, str]]:
    """Return the settings of each protocol as the page's table prints them."""
    page = (Path(__file__).parents[1] / "docs" / "evaluation.md").read_text(encoding="utf-8")
    table = page.split("## Protocols\n\n")[1].split("\n\n")[0].splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    found: dict[str, dict[str, str]] = {name: {} for name in rows[0][1:]}
    for heading, *cells in rows[2:]:
        keys = re.findall(r"`(\w+)`", heading)
        for name, cell in zip(found, cells, strict=True):
            found[name] |= dict(zip(keys, cell.split(", "), strict=True))
    return found


@pytest.mark.parametrize("name", PROTOCOLS)
def test_the_page_prints_the_settings(name: str) -> None:
    words = {"True": "yes", "False": "no", str(2.0**-52): "2⁻⁵²", "1e-08": "1e-8", "1e-06": "1e-6"}
    settings = {
        key: str(value).removesuffix(".0") for key, value in PROTOCOLS[name].model_dump(exclude={"name"}).items()
    }
    assert documented()[name] == {key: words.get(value, value) for key, value in settings.items()}


def test_every_built_in_protocol_may_be_a_base() -> None:
    assert get_args(OwnProtocol.model_fields["base"].annotation) == tuple(PROTOCOLS)


@pytest.mark.parametrize("base", PROTOCOLS)
def test_settings_that_are_not_given_are_the_base_s(base: str) -> None:
    own = OwnProtocol.model_validate({"base": base, "skip_first": 3})
    expected = PROTOCOLS[base].model_dump(exclude={"name"}) | {"base": base, "skip_first": 3}
    assert own.model_dump() == expected
    assert own.changes() == {"base": base, "skip_first": 3}


@pytest.mark.parametrize("settings", [{}, {"base": "pysod"}, {"base": "cag-dde", "beta2": 1.0, "skip_last": 2}])
def test_the_rule_passes_an_own_protocol_whole(settings: dict[str, Any], tmp_path: Path) -> None:
    plan = Plan.of(config_of({"mine": settings}))
    plan.check()
    passed = plan.evaluate.protocol(SimpleNamespace(protocol="mine"))
    assert passed == plan.paths.configuration("protocols/mine")
    write_text(tmp_path / passed, plan.configuration.parts["protocols/mine"])
    found = find_protocol(str(tmp_path / passed))
    assert found.name == "mine"
    assert found.model_dump() == PROTOCOLS[settings.get("base", "davsod")].model_dump() | {"name": "mine"} | {
        key: value for key, value in settings.items() if key != "base"
    }


def test_the_rule_names_a_built_in_protocol() -> None:
    assert Plan.of(config_of({}, "pysod")).evaluate.protocol(SimpleNamespace(protocol="pysod")) == "pysod"


def test_a_configuration_with_an_own_protocol_survives_a_round_trip() -> None:
    config = config_of({"mine": {"base": "pysod", "beta2": 1.0}})
    assert parse(config.model_dump(mode="json")) == config


@pytest.mark.parametrize(
    ("protocols", "culprit"),
    [
        ({"mine": {"colour": "red"}}, r"unknown key protocols\.mine\.colour"),
        ({"mine": {"base": "yours"}}, r"protocols\.mine\.base"),
        ({"mine": {"base": ["davsod"]}}, r"protocols\.mine\.base"),
        ({"mine": {"beta2": -1}}, r"protocols\.mine\.beta2"),
        ({"mine": {"beta2": float("inf")}}, r"protocols\.mine\.beta2"),
        ({"mine": {"average": "pixels"}}, "average: pixels needs f_from"),
        ({"mine": {"name": "yours"}}, r"unknown key protocols\.mine\.name"),
        ({"mine": "pysod"}, r"protocols\.mine"),
        ({"pysod": {}}, r"protocols\.pysod: a built-in name"),
        ({"my.own": {}}, r"protocols\.my\.own"),
    ],
)
def test_a_mistake_in_an_own_protocol_is_named(protocols: dict[str, Any], culprit: str) -> None:
    with pytest.raises(VsodprepError, match=culprit):
        config_of(protocols, "davsod")


@pytest.mark.parametrize("text", ['{"base": 3}', "{", '{"skip_first": -1}', '{"colour": 1}'])
def test_a_mistake_in_settings_as_json_is_named(text: str) -> None:
    with pytest.raises(VsodprepError, match=r"^protocol: "):
        find_protocol(text)
