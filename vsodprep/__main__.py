"""`python -m vsodprep` is the `vsodprep` command."""

from vsodprep.cli import main

main()
