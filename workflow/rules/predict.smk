rule predict:
    input:
        checkpoint=PLAN.paths.checkpoint(),
        shard=PLAN.paths.shard(),
    output:
        predictions=PLAN.paths.predictions(post="raw"),
    log:
        "<logs>/predict/{model}/{run}/seed{seed}/{benchmark}.log",
    benchmark:
        "<timings>/predict/{model}/{run}/seed{seed}/{benchmark}.jsonl"
    wildcard_constraints:
        model=PLAN.networks,
    conda:
        "../../environment.yml"
    threads: PLAN.config.torch_threads
    resources:
        mem_mb=6000,
        gpu=PLAN.evaluate.gpu,
    params:
        code=PLAN.evaluate.code,
        split=PLAN.evaluate.split,
        options=PLAN.evaluate.torch_options,
    message:
        "predict {wildcards.benchmark} with {wildcards.model}/{wildcards.run}, seed {wildcards.seed}"
    shell:
        "vsodprep predict {input.checkpoint:q} {input.shard:q} --split {params.split:q}"
        " --out {output.predictions:q} {params.options} > {log:q} 2>&1"


rule trivial:
    input:
        shard=PLAN.paths.shard(),
    output:
        predictions=PLAN.paths.predictions("trivial", "{trivial}", 0, "raw"),
    log:
        "<logs>/trivial/{trivial}/{benchmark}.log",
    benchmark:
        "<timings>/trivial/{trivial}/{benchmark}.jsonl"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=2000,
    params:
        code=PLAN.fingerprint("vsodprep.cli.trivial"),
        split=PLAN.evaluate.split,
    message:
        "trivial map {wildcards.trivial} of {wildcards.benchmark}"
    shell:
        "vsodprep trivial {wildcards.trivial} {input.shard:q} --split {params.split:q}"
        " --out {output.predictions:q} > {log:q} 2>&1"


rule crf:
    input:
        manifest=PLAN.paths.manifest(),
        raw=PLAN.paths.predictions(post="raw"),
        preset=PLAN.evaluate.own_preset,
    output:
        predictions=PLAN.paths.predictions(),
    log:
        "<logs>/crf/{model}/{run}/seed{seed}/{post}/{benchmark}.log",
    benchmark:
        "<timings>/crf/{model}/{run}/seed{seed}/{post}/{benchmark}.jsonl"
    wildcard_constraints:
        post="(?!raw/)[^/]+",
    conda:
        "../../environment.yml"
    threads: 8
    resources:
        mem_mb=4000,
        gpu=PLAN.evaluate.crf_gpu,
    params:
        code=PLAN.fingerprint("vsodprep.cli.crf"),
        preset=PLAN.evaluate.preset,
        options=PLAN.evaluate.crf_options,
    message:
        "crf {wildcards.post} on {wildcards.model}/{wildcards.run}, {wildcards.benchmark}"
    shell:
        "vsodprep crf {input.manifest:q} {input.raw:q} --out {output.predictions:q}"
        " --preset {params.preset:q} --jobs {threads} {params.options} > {log:q} 2>&1"
