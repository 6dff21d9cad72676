"""The configuration that runs when the user gives none: `synth`, from sources to report."""

from vsodprep.config import Config
from vsodprep.config.coarse import Coarse
from vsodprep.config.flow import Flow
from vsodprep.config.pack import Pack
from vsodprep.config.prior import Prior
from vsodprep.config.saliency import Saliency
from vsodprep.config.train import Augment, Data, Optimizer, Run, Schedule, Stage, Test

DSNET = Run(
    width=0.25,
    pretrained=False,
    flow="dis",
    stages=(
        Stage(
            data=(Data(benchmark="synth", split="train"), Data(benchmark="synth", split="stills")),
            size=(128, 192),
            batch=8,
            steps=600,
            optimizer=Optimizer(name="adam", lr=5e-4, weight_decay=5e-4),
            schedule=Schedule(name="poly"),
            augment=Augment(flip=0.5),
        ),
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
