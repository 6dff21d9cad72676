"""Write a rule's parameter `content` as JSON to its output."""

from pathlib import Path
from typing import TYPE_CHECKING

from vsodprep.files import write_json

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

write_json(Path(snakemake.output[0]), snakemake.params.content)
