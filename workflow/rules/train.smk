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
    wildcard_constraints:
        run=PLAN.train.runs(trained=True),
    conda:
        "../../environment.yml"
    threads: PLAN.train.threads
    # None of these is a parameter: the same run on other devices is trained again only where its weights depend on them.
    resources:
        mem_mb=PLAN.train.mem_mb,
        gpu=PLAN.train.gpu,
        gres=PLAN.train.gres,
        nodes=PLAN.train.nodes,
        tasks=PLAN.train.tasks,
        tasks_per_gpu=0,
        mpi=PLAN.train.mpi,
        launch=PLAN.train.launch,
        settings=PLAN.train.settings,
    params:
        code=PLAN.train.code,
        devices=PLAN.train.devices,
        shards=PLAN.train.shard_arguments,
        options=PLAN.train.torch_options,
    message:
        "train {wildcards.model}/{wildcards.run}, seed {wildcards.seed}"
    shell:
        "{resources.launch}vsodprep train {wildcards.model} --recipe {input.recipe:q} {params.shards}"
        " --seed {wildcards.seed} --out {output.checkpoint:q} {params.options} {resources.settings} 2>&1 | tee {log:q}"


rule official:
    input:
        recipe=PLAN.paths.configuration("runs/{model}/{run}"),
        weights=PLAN.train.weights,
    output:
        checkpoint=PLAN.paths.checkpoint(),
    log:
        "<logs>/official/{model}/{run}/seed{seed}.log",
    wildcard_constraints:
        run=PLAN.train.runs(trained=False),
    conda:
        "../../environment.yml"
    resources:
        mem_mb=4000,
    params:
        code=PLAN.train.weights_code,
    message:
        "read the authors' weights of {wildcards.model}/{wildcards.run}"
    shell:
        "vsodprep train {wildcards.model} --recipe {input.recipe:q} --seed {wildcards.seed}"
        " --out {output.checkpoint:q} > {log:q} 2>&1"
