"""The configuration that runs when the user gives none: `synth`, from sources to report."""

from vsodprep.config import Config
from vsodprep.config.coarse import Coarse
from vsodprep.config.flow import Flow
from vsodprep.config.pack import Pack
from vsodprep.config.prior import Prior
from vsodprep.config.saliency import Saliency
from vsodprep.config.train import Augment, Data, Optimizer, Run, Schedule, Stage, Test

_SYNTH = (Data(benchmark="synth", split="train"), Data(benchmark="synth", split="stills"))
# Small pictures cost least for what is learned; the last batches show the full size.
DSNET = Run(
    options={"base_rate": 0.08},
    width=0.25,
    pretrained=False,
    flow="dis",
    stages=tuple(
        Stage(
            name=name,
            data=_SYNTH,
            size=size,
            batch=batch,
            steps=steps,
            optimizer=Optimizer(name="adam", lr=lr, weight_decay=5e-4),
            schedule=Schedule(name="poly", warmup=0.1),
            augment=Augment(flip=0.5),
        )
        for name, size, batch, steps, lr in (("small", (64, 96), 16, 110, 1.5e-3), ("full", (128, 192), 8, 30, 5e-4))
    ),
    test=(Test(benchmark="synth", split="test"),),
)


def default() -> Config:
    """Return the default configuration; `config/config.yaml` is generated from it."""
    return Config(
        flow={"dis": Flow()},
        prior={"light": Prior()},
        saliency={"mbd": Saliency(method="mbd"), "rbd": Saliency(method="rbd")},
        coarse={"weightfree": Coarse()},
        pack=Pack(flow=("dis",), pictures=("dis",), prior=("light",), coarse=("weightfree",)),
        runs={"dsnet": {"full": DSNET}},
    )
