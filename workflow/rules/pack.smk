rule pack:
    input:
        manifest="<results>/normalized/{benchmark}/manifest.json",
        flow=PLAN.pack_flow,
        prior=PLAN.pack_prior,
        coarse=PLAN.pack_coarse,
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
        contents=PLAN.pack_arguments,
    message:
        "pack {wildcards.benchmark}"
    shell:
        "vsodprep pack $(dirname {input.manifest}) --out $(dirname {output.shard}) {params.contents}"
        " --jobs {threads} > {log} 2>&1"
