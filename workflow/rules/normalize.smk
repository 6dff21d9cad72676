rule normalize:
    input:
        PLAN.normalize.sources,
    output:
        manifest="<results>/normalized/{benchmark}/manifest.json",
    log:
        "<logs>/normalize/{benchmark}.log",
    benchmark:
        "<benchmarks>/normalize/{benchmark}.jsonl"
    conda:
        "../../environment.yml"
    threads: 4
    resources:
        mem_mb=2000,
    params:
        code=PLAN.normalize.code,
        sources=PLAN.normalize.source_arguments,
        options=PLAN.normalize.options,
    message:
        "normalize {wildcards.benchmark}"
    shell:
        "vsodprep normalize {wildcards.benchmark} {params.sources} --out $(dirname {output.manifest})"
        " {params.options} --jobs {threads} > {log} 2>&1"
