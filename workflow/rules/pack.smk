rule pack:
    input:
        manifest="<results>/normalized/{benchmark}/manifest.json",
        flow=PLAN.pack.flow,
        prior=PLAN.pack.prior,
        coarse=PLAN.pack.coarse,
    output:
        shard="<results>/shards/{benchmark}.zarr/zarr.json",
    log:
        "<logs>/pack/{benchmark}.log",
    benchmark:
        "<benchmarks>/pack/{benchmark}.jsonl"
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
        "vsodprep pack $(dirname {input.manifest}) --out $(dirname {output.shard}) {params.contents}"
        " --jobs {threads} > {log} 2>&1"
