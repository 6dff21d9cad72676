rule train:
    input:
        recipe=PLAN.paths.configuration("runs/{model}/{run}"),
        shards=PLAN.train.shards,
        starts=PLAN.train.starts,
    output:
        checkpoint=PLAN.paths.checkpoint(),
        metrics=PLAN.paths.metrics(),
    log:
        "<logs>/train/{model}/{run}/seed{seed}.log",
    benchmark:
        "<timings>/train/{model}/{run}/seed{seed}.jsonl"
    conda:
        "../../environment.yml"
    threads: PLAN.config.torch_threads
    resources:
        mem_mb=8000,
        gpu=PLAN.train.gpu,
    params:
        code=PLAN.train.code,
        shards=PLAN.train.shard_arguments,
        options=PLAN.train.torch_options,
    message:
        "train {wildcards.model}/{wildcards.run}, seed {wildcards.seed}"
    shell:
        "vsodprep train {wildcards.model} --recipe {input.recipe:q} {params.shards} --seed {wildcards.seed}"
        " --out {output.checkpoint:q} {params.options} 2>&1 | tee {log:q}"
