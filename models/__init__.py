"""The five networks: their parts, losses, variants, training and inference.

The folder installs as `vsodprep.models`; in a clone it can be imported as `models` too, and is then the same module.
"""

import importlib
import sys

if __name__ == "models":
    # A second copy under another name would have classes of its own, and checkpoints would not fit them.
    sys.modules["models"] = importlib.import_module("vsodprep.models")
