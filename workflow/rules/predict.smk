# A trivial map has the path of a run's predictions.
ruleorder: trivial > predict


rule predict:
    input:
        checkpoint="<results>/models/{model}/{run}/seed{seed}/last.ckpt",
        shard="<results>/shards/{benchmark}.zarr/zarr.json",
    output:
        predictions="<results>/predictions/{model}/{run}/seed{seed}/raw/{benchmark}/predictions.json",
    log:
        "<logs>/predict/{model}/{run}/seed{seed}/{benchmark}.log",
    benchmark:
        "<benchmarks>/predict/{model}/{run}/seed{seed}/{benchmark}.jsonl"
    conda:
        "../../environment.yml"
    threads: PLAN.config.torch_threads
    resources:
        mem_mb=6000,
        gpu=PLAN.train.gpu,
    params:
        code=PLAN.evaluate.code,
        split=PLAN.evaluate.split,
        options=PLAN.evaluate.options,
    message:
        "predict {wildcards.benchmark} with {wildcards.model}/{wildcards.run}, seed {wildcards.seed}"
    shell:
        "vsodprep predict {input.checkpoint} $(dirname {input.shard}) --split {params.split}"
        " --out $(dirname {output.predictions}) {params.options} > {log} 2>&1"


rule trivial:
    input:
        shard="<results>/shards/{benchmark}.zarr/zarr.json",
    output:
        predictions="<results>/predictions/trivial/{trivial}/seed0/raw/{benchmark}/predictions.json",
    log:
        "<logs>/trivial/{trivial}/{benchmark}.log",
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        code=PLAN.fingerprint("vsodprep.cli.trivial"),
        split=PLAN.evaluate.split,
    message:
        "trivial map {wildcards.trivial} of {wildcards.benchmark}"
    shell:
        "vsodprep trivial {wildcards.trivial} $(dirname {input.shard}) --split {params.split}"
        " --out $(dirname {output.predictions}) > {log} 2>&1"


rule crf:
    input:
        manifest="<results>/normalized/{benchmark}/manifest.json",
        raw="<results>/predictions/{model}/{run}/seed{seed}/raw/{benchmark}/predictions.json",
    output:
        predictions="<results>/predictions/{model}/{run}/seed{seed}/{post}/{benchmark}/predictions.json",
    log:
        "<logs>/crf/{model}/{run}/seed{seed}/{post}/{benchmark}.log",
    benchmark:
        "<benchmarks>/crf/{model}/{run}/seed{seed}/{post}/{benchmark}.jsonl"
    wildcard_constraints:
        post="(?!raw/)[^/]+",
    conda:
        "../../environment.yml"
    threads: 8
    resources:
        mem_mb=4000,
    params:
        code=PLAN.fingerprint("vsodprep.cli.crf"),
        preset=PLAN.evaluate.preset,
    message:
        "crf {wildcards.post} on {wildcards.model}/{wildcards.run}, {wildcards.benchmark}"
    shell:
        "vsodprep crf $(dirname {input.manifest}) $(dirname {input.raw}) --out $(dirname {output.predictions})"
        " --preset {params.preset:q} --jobs {threads} > {log} 2>&1"
