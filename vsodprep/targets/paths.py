"""Where everything lies below the results folder; the rules' patterns say the same with wildcards."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Paths:
    """Paths of one results folder, as the strings that Snakemake matches against its rules.

    Attributes:
        results: The folder, as the configuration writes it.
    """

    results: str

    def downloads(self, benchmark: str) -> str:
        """Return the list of a benchmark's fetched archives."""
        return f"{self.results}/downloads/{benchmark}/sources.json"

    def manifest(self, benchmark: str) -> str:
        """Return a normalised benchmark's manifest."""
        return f"{self.results}/normalized/{benchmark}/manifest.json"

    def flow(self, flow: str, benchmark: str, sequence: str) -> str:
        """Return a sequence's flow."""
        return f"{self.results}/flow/{flow}/{benchmark}/{sequence}.h5"

    def classifier(self, prior: str, benchmark: str | None) -> str:
        """Return a prior's classifier: a benchmark's own, or the one for all."""
        return f"{self.results}/prior/{prior}/{f'{benchmark}/' if benchmark else ''}classifier.npz"

    def prior(self, prior: str, benchmark: str, sequence: str) -> str:
        """Return a sequence's motion prior."""
        return f"{self.results}/prior/{prior}/{benchmark}/{sequence}.h5"

    def saliency(self, saliency: str, benchmark: str, sequence: str) -> str:
        """Return the marker of a sequence's saliency maps."""
        return f"{self.results}/saliency/{saliency}/{benchmark}/{sequence}/maps.json"

    def all_saliency(self, saliency: str) -> str:
        """Return the folder of a block's saliency maps, of all benchmarks."""
        return f"{self.results}/saliency/{saliency}"

    def weights(self, coarse: str) -> str:
        """Return the fitted weights of a block of coarse labels."""
        return f"{self.results}/coarse/{coarse}/weights.json"

    def coarse(self, coarse: str, benchmark: str, sequence: str) -> str:
        """Return the record of a sequence's coarse labels."""
        return f"{self.results}/coarse/{coarse}/{benchmark}/{sequence}.json"

    def provenance(self, coarse: str, benchmark: str) -> str:
        """Return the provenance of a benchmark's coarse labels."""
        return f"{self.results}/coarse/{coarse}/{benchmark}/provenance.json"

    def shard(self, benchmark: str) -> str:
        """Return a benchmark's shard, by the file that makes it one."""
        return f"{self.results}/shards/{benchmark}.zarr/zarr.json"

    def checkpoint(self, model: str, run: str, seed: int) -> str:
        """Return a training run's checkpoint."""
        return f"{self.results}/models/{model}/{run}/seed{seed}/last.ckpt"

    def metrics(self, model: str, run: str, seed: int) -> str:
        """Return a training run's losses."""
        return f"{self.results}/models/{model}/{run}/seed{seed}/metrics.csv"

    def figure(self, figure: str) -> str:
        """Return a figure."""
        return f"{self.results}/figures/{figure}.svg"

    def predictions(self, model: str, run: str, seed: int, post: str, benchmark: str) -> str:
        """Return the marker of a run's predictions on a benchmark."""
        return f"{self.results}/predictions/{model}/{run}/seed{seed}/{post}/{benchmark}/predictions.json"

    def scores(self, model: str, run: str, seed: int, post: str, benchmark: str, protocol: str) -> str:
        """Return a run's scores on a benchmark."""
        return f"{self.results}/scores/{model}/{run}/seed{seed}/{post}/{benchmark}.{protocol}.json"

    @property
    def report(self) -> str:
        """Return the report's page."""
        return f"{self.results}/report/index.html"
