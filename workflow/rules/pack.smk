rule pack:
    input:
        manifest=PLAN.paths.manifest(),
        flow=PLAN.pack.flow,
        prior=PLAN.pack.prior,
        coarse=PLAN.pack.coarse,
    output:
        shard=PLAN.paths.shard(),
    log:
        "<logs>/pack/{benchmark}.log",
    benchmark:
        "<timings>/pack/{benchmark}.jsonl"
    conda:
        "../../environment.yml"
    threads: 4
    resources:
        mem_mb=4000,
    params:
        code=PLAN.fingerprint("vsodprep.cli.pack"),
        contents=PLAN.pack.arguments,
    message:
        "pack {wildcards.benchmark}"
    shell:
        "vsodprep pack {input.manifest:q} --out {output.shard:q} {params.contents} --jobs {threads} > {log:q} 2>&1"
