import pickle
from pathlib import Path

from vsodprep.errors import InputError


def test_input_error_survives_pickling():
    error = pickle.loads(pickle.dumps(InputError(Path("a.png"), "nothing", "an image")))
    assert (error.where, str(error)) == (Path("a.png"), "a.png: nothing; expected an image")
