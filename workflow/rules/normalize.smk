rule normalize:
    input:
        sources=PLAN.normalize.sources,
        splits=PLAN.normalize.splits,
    output:
        manifest=PLAN.paths.manifest(),
    log:
        "<logs>/normalize/{benchmark}.log",
    benchmark:
        "<timings>/normalize/{benchmark}.jsonl"
    conda:
        "../../environment.yml"
    threads: 4
    # No parameter: what is kept changes nothing that is made.
    resources:
        mem_mb=2000,
        archives=PLAN.normalize.archives,
    params:
        code=PLAN.normalize.code,
        options=PLAN.normalize.options,
    message:
        "normalize {wildcards.benchmark}"
    shell:
        "vsodprep normalize {wildcards.benchmark} {input.sources:q} --out {output.manifest:q} {params.options}"
        " {resources.archives} --jobs {threads} > {log:q} 2>&1"
