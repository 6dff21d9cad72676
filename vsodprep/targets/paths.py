"""Where everything lies below the results folder."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from vsodprep.markers import MANIFEST, MAPS, PAGE, PREDICTIONS, PROVENANCE, RECORD, SHARD, SOURCES


def _place(pattern: str) -> Callable[..., str]:
    """Return a method that fills in a pattern's wildcards as far as they are given, in their order or by name."""
    names = re.findall(r"\{(\w+)\}", pattern)
    wildcards = {name: f"{{{name}}}" for name in names}

    def path(self: "Paths", *given: str | int, **named: str | int) -> str:
        values = wildcards | dict(zip(names[: len(given)], given, strict=True)) | named
        return f"{self.results}/{pattern.format(**values)}"

    return path


@dataclass(frozen=True)
class Paths:
    """Paths of one results folder, as the strings that Snakemake compares.

    What is not given stays a wildcard, so that the same method says a rule's pattern and one file's path.

    Attributes:
        results: The folder, as the configuration writes it.
    """

    results: str

    configuration = _place("configuration/{part}.json")
    """A part of the configuration that commands read."""
    downloads = _place("downloads/{benchmark}/" + SOURCES)
    """The list of a benchmark's fetched archives."""
    published = _place("published/{published}/{file}/" + SOURCES)
    """The list of one fetched file of published maps, by the name of its folder."""
    manifest = _place("normalized/{benchmark}/" + MANIFEST)
    """A normalised benchmark's manifest."""
    frames = _place("normalized/{benchmark}/{seq}/frames")
    """The folder of a sequence's frames."""
    masks = _place("normalized/{benchmark}/{seq}/masks")
    """The folder of a sequence's masks."""
    flow = _place("flow/{flow}/{benchmark}/{seq}.h5")
    """A sequence's flow."""
    flow_folder = _place("flow/{flow}/{benchmark}")
    """The folder of a benchmark's flow."""
    classifier = _place("prior/{prior}/classifier.npz")
    """A prior's one classifier for all benchmarks."""
    own_classifier = _place("prior/{prior}/{benchmark}/classifier.npz")
    """A prior's classifier that was fitted on the benchmark itself."""
    prior = _place("prior/{prior}/{benchmark}/{seq}.h5")
    """A sequence's motion prior."""
    prior_folder = _place("prior/{prior}/{benchmark}")
    """The folder of a benchmark's motion priors."""
    saliency = _place("saliency/{saliency}/{benchmark}/{seq}/" + MAPS)
    """The marker of a sequence's saliency maps."""
    saliency_maps = _place("saliency/{saliency}/{benchmark}/{seq}")
    """The folder of a sequence's saliency maps."""
    saliency_folder = _place("saliency/{saliency}/{benchmark}")
    """The folder of a benchmark's saliency maps."""
    all_saliency = _place("saliency/{saliency}")
    """The folder of a block's saliency maps, of all benchmarks."""
    weights = _place("coarse/{coarse}/weights.json")
    """The fitted weights of a block of coarse labels."""
    coarse = _place("coarse/{coarse}/{benchmark}/{seq}/" + RECORD)
    """The record of a sequence's coarse labels."""
    provenance = _place("coarse/{coarse}/{benchmark}/" + PROVENANCE)
    """The provenance of a benchmark's coarse labels."""
    shard = _place("shards/{benchmark}.zarr/" + SHARD)
    """A benchmark's shard, by the file that makes it one."""
    checkpoint = _place("models/{model}/{run}/seed{seed}/last.ckpt")
    """A training run's checkpoint."""
    metrics = _place("models/{model}/{run}/seed{seed}/metrics.csv")
    """A training run's losses."""
    predictions = _place("predictions/{model}/{run}/seed{seed}/{post}/{benchmark}/" + PREDICTIONS)
    """The marker of a run's predictions on a benchmark."""
    scores = _place("scores/{model}/{run}/seed{seed}/{post}/{benchmark}.{protocol}.json")
    """A run's scores on a benchmark."""
    figure = _place("figures/{figure}.{ending}")
    """A figure, in the format that its ending names."""
    logs = property(_place("logs"))
    """The folder of the jobs' logs."""
    timings = property(_place("timings"))
    """The folder of Snakemake's record of each job."""
    report = property(_place("report/" + PAGE))
    """The report's page."""
    table = property(_place("report/results.csv"))
    """The report's table of all scores."""
