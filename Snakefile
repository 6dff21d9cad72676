from vsodprep.workflow.stages import tell_stages


include: "workflow/Snakefile"


# Rules of an included file are never default targets: without this line a bare `snakemake` would do nothing.
workflow.default_target = "all"

# The default profile is quiet about the host; another profile, `--verbose` or `--dry-run` gives all of Snakemake's words.
told = workflow.output_settings
if workflow.is_main_process and not (told.dryrun or told.verbose):
    if any(each.name == "HOST" for each in told.quiet or ()):
        tell_stages()
