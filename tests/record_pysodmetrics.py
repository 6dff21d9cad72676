"""Record what PySODMetrics gives for the cases of `newer_cases.py`.

Run it where `pysodmetrics` is installed: `python tests/record_pysodmetrics.py > tests/data/pysodmetrics.json`.
"""

import json
import warnings
from importlib.metadata import version
from typing import Any

import numpy as np
import py_sod_metrics as tool
from newer_cases import cases

SAMPLES = {"with_dynamic": True, "with_adaptive": True}


def scores(saliency: Any, mask: Any) -> dict[str, Any]:
    """Return the scores of one pair by our names; 0 and 255 stand for the mask."""
    truth = mask.astype(np.uint8) * 255
    si_mae, context, hce = tool.SizeInvarianceMAE(), tool.ContextMeasure(), tool.HumanCorrectionEffortMeasure()
    si_f = tool.SizeInvarianceFmeasureV2({"f": tool.FmeasureHandler(**SAMPLES, beta=0.3)})
    msiou = tool.MSIoU(**SAMPLES, with_binary=True)
    for measure in (si_mae, si_f, context, hce, msiou):
        measure.step(saliency, truth)
    f, iou = si_f.get_results()["f"], msiou.get_results()
    (curves,) = f["dynamic"]
    return {
        "si_mae": si_mae.get_results()["si_mae"],
        "si_max_f": curves.max(axis=-1).mean(),
        "si_mean_f": curves.mean(axis=-1).mean(),
        "si_adaptive_f": f["adaptive"],
        "context": context.get_results()["cm"],
        "hce": hce.get_results()["hce"],
        "msiou": iou["binary"],
        "adaptive_msiou": iou["adaptive"],
        "max_msiou": iou["dynamic"].max(),
        "mean_msiou": iou["dynamic"].mean(),
    }


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    found = {name: {key: float(value) for key, value in scores(*case).items()} for name, case in cases().items()}
    print(json.dumps({"pysodmetrics": version("pysodmetrics"), "numpy": version("numpy"), "cases": found}, indent=1))
