include: "workflow/Snakefile"


# Rules of an included file are never default targets: without this line a bare `snakemake` would do nothing.
workflow.default_target = "all"
