"""Names in a configuration that only the registry, the disk and the stages know, checked before anything is made."""

import re
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from vsodprep import benchmarks
from vsodprep.config import Config
from vsodprep.config.coarse import check_order, check_weights
from vsodprep.config.crf import RAW
from vsodprep.config.figures import DrawnFromScores
from vsodprep.config.protocol import PROTOCOLS
from vsodprep.errors import InputError, check_known, expected_one
from vsodprep.extras import check_installed
from vsodprep.normalize.checks import KINDS
from vsodprep.targets.catalogue import Catalogue
from vsodprep.weights import PUBLISHED


def rule_names(file: Callable[[str], str | Path]) -> frozenset[str]:
    """Return the names of all rules; a benchmark's name is a target beside them.

    Args:
        file: Returns where a file lies on this machine, of its path from the Snakefile's folder.
    """
    text = Path(file("Snakefile")).read_text(encoding="utf-8")
    for rules in re.findall(r'^include: "(.+)"$', text, re.MULTILINE):
        text += Path(file(rules)).read_text(encoding="utf-8")
    return frozenset(re.findall(r"^(?:use rule \w+ as|rule) (\w+)", text, re.MULTILINE))


def check_names(config: Config, catalogue: Catalogue, rules: Collection[str] = ()) -> None:
    """Check what a slip of the pen would otherwise let fail hours later, in the job that reads it.

    Args:
        config: A configuration whose benchmarks are all known.
        catalogue: The sequences and splits of its benchmarks.
        rules: Names of all rules.

    Raises:
        InputError: A folder has the name of a known benchmark or a rule; a resolution, kind of issue, sequence,
            protocol, CRF preset, file or folder does not exist; labels cannot be made in that order or
            with those weights. Names the key.
    """
    _check_benchmarks(config, catalogue, rules)
    _check_labels(config)
    _check_weights(config)
    _check_onnx(config)
    for name, coarse in config.coarse.items():
        check_known(f"coarse.{name}.crf", [coarse.crf] if "crf" in coarse.order else [], config.crf_presets)
    _check_scores(config)


def _check_benchmarks(config: Config, catalogue: Catalogue, rules: Collection[str]) -> None:
    for name in config.folders:
        if name in benchmarks.known() or name in rules:
            kind = "rule" if name in rules else "known benchmark"
            raise InputError(f"folders.{name}", f"the name of a {kind}", "another name for your folder")
    for name, resolution in config.resolution.items():
        if name in config.folders:
            raise InputError(f"resolution.{name}", "a folder of your own", "a benchmark with several resolutions")
        benchmarks.get(name).resolution(resolution)
    for name, kinds in config.allow.items():
        check_known(f"allow.{name}", kinds, KINDS)
    for name in (*config.folders, *config.sequences):
        catalogue.sequences(name)
    for name, splits in config.splits.items():
        for split in splits:
            catalogue.split(name, split)


def _check_labels(config: Config) -> None:
    for name, coarse in config.coarse.items():
        check_order(coarse.order, len(coarse.maps), f"coarse.{name}.order")
        numbers = [weight for weight in coarse.weights if isinstance(weight, float)]
        if numbers:
            check_weights(numbers, len(coarse.maps), f"coarse.{name}.weights")
    for where, path in _paths(config):
        if not Path(path).exists():
            raise InputError(where, f"no {path}", "a file or folder that exists")


def _check_weights(config: Config) -> None:
    """Check that weights are a file, or a name that their network knows; only ptlflow knows its own."""
    flows = ((f"flow.{name}.weights", one.method, one.weights, ()) for name, one in config.flow.items())
    priors = ((f"prior.{name}.weights", one.features, one.weights, ("random",)) for name, one in config.prior.items())
    for where, network, weights, others in (*flows, *priors):
        known = PUBLISHED.get(network, {})
        files = {each.file for each in known.values()}  # as the record of a stored flow has it
        is_name = not known and Path(weights or "").name == weights
        if weights is None or is_name or weights in {*known, *files, *others} or Path(weights).is_file():
            continue
        names = (*known, *others)
        named = f", or {expected_one(weights, names)}" if names else ""
        raise InputError(where, f"{weights}, which is neither a file nor a known name", f"a file{named}")


def _check_onnx(config: Config) -> None:
    """Check that the ONNX networks that are used are there, and what runs them."""
    for name in _used_saliency(config):
        block = config.saliency[name]
        if block.method == "onnx":
            check_installed("onnx", f"saliency.{name}.method")
            block.check_file(f"saliency.{name}.{'preset' if block.weights is None else 'weights'}")


def _check_scores(config: Config) -> None:
    posts, protocols = (RAW, *config.crf_presets), (*PROTOCOLS, *config.protocols)
    for name, figure in config.figures.items():
        if isinstance(figure, DrawnFromScores):
            check_known(f"figures.{name}.post", [figure.post], posts)
            check_known(f"figures.{name}.protocol", [figure.protocol], protocols)
    for model, runs in config.runs.items():
        for name, run in runs.items():
            for test in run.test:
                check_known(f"runs.{model}.{name}.test.post", test.post, posts)
                check_known(f"runs.{model}.{name}.test.protocols", test.protocols, protocols)
    check_known("tests.protocols", (name for test in config.tests for name in test.protocols), protocols)


def _paths(config: Config) -> Iterator[tuple[str, str]]:
    for name in config.pack.flow:
        given = config.flow[name].folder
        if given is not None:
            yield f"flow.{name}.folder", given
    for name in config.pack.coarse:
        edits = config.coarse[name].edits
        if edits is not None:
            yield f"coarse.{name}.edits", edits
    for name in _used_saliency(config):
        given = config.saliency[name].folder
        if given is not None:
            yield f"saliency.{name}.folder", given


def _used_saliency(config: Config) -> list[str]:
    used = [method.saliency for method in config.methods.values() if method.saliency]
    return used + [block for name in config.pack.coarse for block in config.coarse[name].maps]
