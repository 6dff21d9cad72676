rule evaluate:
    input:
        manifest=PLAN.paths.manifest(),
        predictions=PLAN.paths.predictions(),
        protocol=PLAN.evaluate.own_protocol,
    output:
        scores=PLAN.paths.scores(),
    log:
        "<logs>/evaluate/{model}/{run}/seed{seed}/{post}/{benchmark}.{protocol}.log",
    benchmark:
        "<timings>/evaluate/{model}/{run}/seed{seed}/{post}/{benchmark}.{protocol}.jsonl"
    conda:
        "../../environment.yml"
    threads: 8
    resources:
        mem_mb=4000,
    params:
        code=PLAN.fingerprint("vsodprep.cli.evaluate"),
        split=PLAN.evaluate.split,
        protocol=PLAN.evaluate.protocol,
    message:
        "evaluate {wildcards.model}/{wildcards.run}, seed {wildcards.seed}, on {wildcards.benchmark} by {wildcards.protocol}"
    shell:
        "vsodprep evaluate --pred {input.predictions:q} --gt {input.manifest:q}"
        " --split {params.split:q} --protocol {params.protocol:q} --json {output.scores:q} --jobs {threads} > {log:q} 2>&1"
