"""What commands read of the configuration, as files: a command line holds 128 kB at most."""

import hashlib
import json
from functools import cached_property
from pathlib import Path
from typing import Any

from vsodprep.config.train import Run
from vsodprep.files import write_text
from vsodprep.workflow.rule_inputs import RuleInputs

WHOLE = "whole"
# Beside Snakemake's own records, where nobody looks for results.
STAGED = Path(".snakemake") / "vsodprep"


class ConfigurationInputs(RuleInputs):
    """Answers for `configuration.smk`."""

    @cached_property
    def parts(self) -> dict[str, str]:
        """The JSON of each part by its name: the whole, runs as recipes, own presets and protocols, own splits."""
        config = self.config
        values: dict[str, Any] = {WHOLE: config.model_dump(mode="json")}
        values |= {f"runs/{model}/{name}": self._recipe(run) for (model, name), run in self.targets.runs.items()}
        values |= {f"crf/{name}": crf.model_dump(mode="json") for name, crf in config.crf.items()}
        values |= {f"protocols/{name}": own.changes() | {"name": name} for name, own in config.protocols.items()}
        values |= {f"splits/{name}": splits for name, splits in config.splits.items()}
        return {name: json.dumps(value, indent=2, sort_keys=True) + "\n" for name, value in values.items()}

    def staged(self, wildcards: Any) -> str:
        """Return where a part lies until its rule copies it: its name is its hash, so that a change is seen."""
        return str(_staged(self.parts[wildcards.part]))

    def stage(self) -> None:
        """Write every part to where its rule copies it from; not for a dry run, which must leave nothing behind."""
        for text in self.parts.values():
            if not _staged(text).is_file():
                write_text(_staged(text), text)

    def _recipe(self, run: Run) -> dict[str, Any]:
        """Return a run with paths of the results folder filled in, without what training does not depend on."""
        recipe = run.model_dump(mode="json", exclude={"test", "seeds", "paper", "resources"})
        for section in (recipe, *recipe.get("stages", ())):
            if section.get("init") is not None:
                section["init"] = self.targets.filled(section["init"])
        return recipe


def _staged(text: str) -> Path:
    return STAGED / f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.json"
