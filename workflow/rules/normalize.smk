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
    resources:
        mem_mb=2000,
    params:
        code=PLAN.normalize.code,
        options=PLAN.normalize.options,
    message:
        "normalize {wildcards.benchmark}"
    shell:
        "vsodprep normalize {wildcards.benchmark} {input.sources:q} --out {output.manifest:q} {params.options}"
        " --jobs {threads} > {log:q} 2>&1"
