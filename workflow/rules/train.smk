# No script: Snakemake would go by the age of its file, and train everything again after a checkout.
rule recipe:
    output:
        recipe=PLAN.paths.recipe(),
    log:
        "<logs>/train/{model}/{run}/recipe.log",
    localrule: True
    conda:
        "../../environment.yml"
    params:
        content=PLAN.train.recipe,
    message:
        "recipe of {wildcards.model}/{wildcards.run}"
    shell:
        "printf '%s\\n' {params.content:q} > {output.recipe:q} 2> {log:q}"


rule train:
    input:
        recipe=PLAN.paths.recipe(),
        shards=PLAN.train.shards,
        starts=PLAN.train.starts,
    output:
        checkpoint=PLAN.paths.checkpoint(),
        metrics=PLAN.paths.metrics(),
    log:
        "<logs>/train/{model}/{run}/seed{seed}.log",
    benchmark:
        "<benchmarks>/train/{model}/{run}/seed{seed}.jsonl"
    conda:
        "../../environment.yml"
    threads: PLAN.config.torch_threads
    resources:
        mem_mb=8000,
        gpu=PLAN.train.gpu,
    params:
        code=PLAN.train.code,
        shards=PLAN.train.shard_arguments,
        options=PLAN.train.options,
    message:
        "train {wildcards.model}/{wildcards.run}, seed {wildcards.seed}"
    shell:
        "vsodprep train {wildcards.model} --recipe {input.recipe:q} {params.shards} --seed {wildcards.seed}"
        " --out {output.checkpoint:q} {params.options} 2>&1 | tee {log:q}"
