"""Files from elsewhere that a configuration needs: archives, published maps and published weights."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vsodprep import benchmarks
from vsodprep.benchmarks.benchmark import SourceFile
from vsodprep.benchmarks.describe import size_text
from vsodprep.config.models import definition
from vsodprep.config.saliency import PRESETS
from vsodprep.progress import in_words
from vsodprep.targets.targets import Targets
from vsodprep.weights import PUBLISHED, Weights, cache


@dataclass(frozen=True)
class Provision:
    """A file from elsewhere.

    Attributes:
        reader: The first key of the configuration that needs it.
        file: Its name.
        size: Its size in words.
        source: Where it is to be had.
        folder: Where it goes.
        by_hand: Whether only a person can fetch it; anything else is fetched when it is first needed.
        here: Whether it is there, or what is made of it.
    """

    reader: str
    file: str
    size: str
    source: str
    folder: Path
    by_hand: bool
    here: bool

    def __str__(self) -> str:
        return f"{self.file} ({self.size}) from {self.source} into {self.folder}, for {self.reader}"


def provisions(targets: Targets) -> tuple[Provision, ...]:
    """Return the files from elsewhere that a configuration needs: archives, published maps and weights.

    Args:
        targets: What the configuration makes.

    Raises:
        InputError: A benchmark, split or folder does not exist.
    """
    weights = {each.file: each for each in reversed([*_weights(targets)])}
    return (*_archives(targets), *_maps(targets), *weights.values())


def _archives(targets: Targets) -> Iterator[Provision]:
    config, paths = targets.config, targets.paths
    for name in targets.normalized:
        if name in config.folders or config.source(name) is not None:
            continue
        made = Path(paths.manifest(name)).is_file()
        folder = Path(paths.downloads(name)).parent
        for file in benchmarks.get(name).archives(config.resolution.get(name)):
            here = made or any((folder / known).is_file() for known in (file.name, Path(paths.downloads(name)).name))
            source = file.opened[0] if file.urls else file.page or "its page"
            yield Provision(name, file.name, _weight(file), source, folder, not file.urls, here)


def _maps(targets: Targets) -> Iterator[Provision]:
    for name, method in targets.config.methods.items():
        if method.published is not None:
            entry, own = targets.published(name)
            found = [each for benchmark in targets.tested if (each := entry.find(own, benchmark))]
            for file, place in sorted({(each.file, each.place) for each in found}, key=lambda each: each[1]):
                folder = Path(targets.paths.published(entry.name, place)).parent
                here = (folder / file.name).is_file()
                yield Provision(f"methods.{name}", file.name, _weight(file), file.page, folder, not file.urls, here)


def _weights(targets: Targets) -> Iterator[Provision]:
    config = targets.config
    for (model, name), run in targets.runs.items():
        known = definition(run.network(model))
        release = known.release
        if run.weights is not None and release is not None:
            path = Path(run.weights)
            at = f"runs.{model}.{name}", path.name, _size(release.weights), release.weights.address
            yield Provision(*at, path.parent, by_hand=True, here=path.is_file())
        if run.pretrained:
            for backbone in known.backbones:
                yield from _published(f"runs.{model}.{name}", backbone, None)
    for name in sorted({block for benchmark in targets.normalized for block in targets.flows(benchmark)}):
        yield from _published(f"flow.{name}", config.flow[name].method, config.flow[name].weights)
    for name in sorted({block for benchmark in targets.normalized for block in targets.saliency(benchmark)}):
        saliency = config.saliency[name]
        if saliency.preset is not None and saliency.weights is None:
            released, path = PRESETS[saliency.preset], saliency.file
            at = f"saliency.{name}", path.name, f"{released.mebibytes * 2**20 / 1e6:.0f} MB", released.address
            yield Provision(*at, path.parent, by_hand=True, here=path.is_file())
    for name in sorted({prior for prior, _ in targets.classifiers}):
        yield from _published(f"prior.{name}", config.prior[name].features, config.prior[name].weights)


def _published(reader: str, network: str, name: str | None) -> Iterator[Provision]:
    """Yield the published weights that a network is to have: by name or by file name, its first ones if None."""
    known = PUBLISHED.get(network, {})
    by_file = {each.file: each for each in known.values()}
    chosen: Weights | None = next(iter(known.values()), None) if name is None else known.get(name, by_file.get(name))
    if chosen is not None:
        source = chosen.address or "torchvision"
        here = (cache() / chosen.file).is_file()
        yield Provision(reader, chosen.file, _size(chosen), source, cache(), chosen.by_hand, here)


def _size(weights: Weights) -> str:
    return in_words(weights.mebibytes * 2**20)


def _weight(file: SourceFile) -> str:
    return size_text(file) if file.bytes is None else in_words(file.bytes)
