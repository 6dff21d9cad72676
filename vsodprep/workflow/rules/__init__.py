"""One module a stage: the inputs and the options of its rules."""
