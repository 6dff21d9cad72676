"""Where everything lies below the results folder."""

from dataclasses import dataclass

from vsodprep.markers import MANIFEST, MAPS, PAGE, PREDICTIONS, PROVENANCE, RECORD, SHARD, SOURCES

FLOW = "{flow}"
PRIOR = "{prior}"
SALIENCY = "{saliency}"
COARSE = "{coarse}"
BENCHMARK = "{benchmark}"
SEQ = "{seq}"
MODEL = "{model}"
RUN = "{run}"
SEED = "{seed}"
POST = "{post}"
PROTOCOL = "{protocol}"


@dataclass(frozen=True)
class Paths:
    """Paths of one results folder, as the strings that Snakemake compares.

    What is not given stays a wildcard, so that the same method says a rule's pattern and one file's path.

    Attributes:
        results: The folder, as the configuration writes it.
    """

    results: str

    def configuration(self, part: str = "{part}") -> str:
        """Return a part of the configuration that commands read."""
        return f"{self.results}/configuration/{part}.json"

    def downloads(self, benchmark: str = BENCHMARK) -> str:
        """Return the list of a benchmark's fetched archives."""
        return f"{self.results}/downloads/{benchmark}/{SOURCES}"

    def manifest(self, benchmark: str = BENCHMARK) -> str:
        """Return a normalised benchmark's manifest."""
        return f"{self.results}/normalized/{benchmark}/{MANIFEST}"

    def frames(self, benchmark: str = BENCHMARK, seq: str = SEQ) -> str:
        """Return the folder of a sequence's frames."""
        return f"{self.results}/normalized/{benchmark}/{seq}/frames"

    def masks(self, benchmark: str = BENCHMARK, seq: str = SEQ) -> str:
        """Return the folder of a sequence's masks."""
        return f"{self.results}/normalized/{benchmark}/{seq}/masks"

    def flow(self, flow: str = FLOW, benchmark: str = BENCHMARK, seq: str = SEQ) -> str:
        """Return a sequence's flow."""
        return f"{self.flow_folder(flow, benchmark)}/{seq}.h5"

    def flow_folder(self, flow: str, benchmark: str) -> str:
        """Return the folder of a benchmark's flow."""
        return f"{self.results}/flow/{flow}/{benchmark}"

    def classifier(self, prior: str = PRIOR) -> str:
        """Return a prior's one classifier for all benchmarks."""
        return f"{self.results}/prior/{prior}/classifier.npz"

    def own_classifier(self, prior: str = PRIOR, benchmark: str = BENCHMARK) -> str:
        """Return a prior's classifier that was fitted on the benchmark itself."""
        return f"{self.results}/prior/{prior}/{benchmark}/classifier.npz"

    def prior(self, prior: str = PRIOR, benchmark: str = BENCHMARK, seq: str = SEQ) -> str:
        """Return a sequence's motion prior."""
        return f"{self.prior_folder(prior, benchmark)}/{seq}.h5"

    def prior_folder(self, prior: str, benchmark: str) -> str:
        """Return the folder of a benchmark's motion priors."""
        return f"{self.results}/prior/{prior}/{benchmark}"

    def saliency(self, saliency: str = SALIENCY, benchmark: str = BENCHMARK, seq: str = SEQ) -> str:
        """Return the marker of a sequence's saliency maps."""
        return f"{self.results}/saliency/{saliency}/{benchmark}/{seq}/{MAPS}"

    def all_saliency(self, saliency: str = SALIENCY) -> str:
        """Return the folder of a block's saliency maps, of all benchmarks."""
        return f"{self.results}/saliency/{saliency}"

    def weights(self, coarse: str = COARSE) -> str:
        """Return the fitted weights of a block of coarse labels."""
        return f"{self.results}/coarse/{coarse}/weights.json"

    def coarse(self, coarse: str = COARSE, benchmark: str = BENCHMARK, seq: str = SEQ) -> str:
        """Return the record of a sequence's coarse labels."""
        return f"{self.results}/coarse/{coarse}/{benchmark}/{seq}/{RECORD}"

    def provenance(self, coarse: str = COARSE, benchmark: str = BENCHMARK) -> str:
        """Return the provenance of a benchmark's coarse labels."""
        return f"{self.results}/coarse/{coarse}/{benchmark}/{PROVENANCE}"

    def shard(self, benchmark: str = BENCHMARK) -> str:
        """Return a benchmark's shard, by the file that makes it one."""
        return f"{self.results}/shards/{benchmark}.zarr/{SHARD}"

    def checkpoint(self, model: str = MODEL, run: str = RUN, seed: int | str = SEED) -> str:
        """Return a training run's checkpoint."""
        return f"{self.results}/models/{model}/{run}/seed{seed}/last.ckpt"

    def metrics(self, model: str = MODEL, run: str = RUN, seed: int | str = SEED) -> str:
        """Return a training run's losses."""
        return f"{self.results}/models/{model}/{run}/seed{seed}/metrics.csv"

    def predictions(
        self,
        model: str = MODEL,
        run: str = RUN,
        seed: int | str = SEED,
        post: str = POST,
        benchmark: str = BENCHMARK,
    ) -> str:
        """Return the marker of a run's predictions on a benchmark."""
        return f"{self.results}/predictions/{model}/{run}/seed{seed}/{post}/{benchmark}/{PREDICTIONS}"

    def scores(
        self,
        model: str = MODEL,
        run: str = RUN,
        seed: int | str = SEED,
        post: str = POST,
        benchmark: str = BENCHMARK,
        protocol: str = PROTOCOL,
    ) -> str:
        """Return a run's scores on a benchmark."""
        return f"{self.results}/scores/{model}/{run}/seed{seed}/{post}/{benchmark}.{protocol}.json"

    def figure(self, figure: str = "{figure}") -> str:
        """Return a figure."""
        return f"{self.results}/figures/{figure}.svg"

    @property
    def logs(self) -> str:
        """Return the folder of the jobs' logs."""
        return f"{self.results}/logs"

    @property
    def timings(self) -> str:
        """Return the folder of Snakemake's record of each job."""
        return f"{self.results}/timings"

    @property
    def report(self) -> str:
        """Return the report's page."""
        return f"{self.results}/report/{PAGE}"

    @property
    def table(self) -> str:
        """Return the report's table of all figures."""
        return f"{self.results}/report/results.csv"
