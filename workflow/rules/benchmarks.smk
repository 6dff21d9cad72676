# `snakemake davis2016`: one target per benchmark, by its name.
for name in PLAN.known:

    rule:
        name:
            name
        input:
            PLAN.paths.shard(name),
