"""The small file that a stage writes last into a folder of many files: with it the folder is whole.

Rules know the folder by this file; the command line takes it for the folder, see `vsodprep.cli._folder`.
"""

SOURCES = "sources.json"
MANIFEST = "manifest.json"
MAPS = "maps.json"
RECORD = "record.json"
PROVENANCE = "provenance.json"
SHARD = "zarr.json"
PREDICTIONS = "predictions.json"
PAGE = "index.html"
