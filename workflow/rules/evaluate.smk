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


# One job scores a method's maps by all protocols of a benchmark, so that each frame is read once.
for protocols, shared in PLAN.evaluate.shared.items():

    rule:
        name:
            f"evaluate_{'_'.join(protocols)}"
        input:
            manifest=PLAN.paths.manifest(),
            maps=PLAN.evaluate.made_maps,
            protocols=PLAN.evaluate.own_protocols,
        output:
            PLAN.evaluate.scores_of_maps(protocols),
        log:
            "<logs>/evaluate/methods/{method}/{benchmark}.log",
        benchmark:
            "<timings>/evaluate/methods/{method}/{benchmark}.jsonl"
        wildcard_constraints:
            benchmark=shared,
        conda:
            "../../environment.yml"
        threads: 8
        resources:
            mem_mb=4000,
        params:
            code=PLAN.fingerprint("vsodprep.cli.evaluate"),
            maps=PLAN.evaluate.maps,
            given=PLAN.evaluate.given,
            split=PLAN.evaluate.split,
            options=PLAN.evaluate.options,
        message:
            "evaluate {wildcards.method} on {wildcards.benchmark}"
        shell:
            "vsodprep evaluate --pred {params.maps:q} --gt {input.manifest:q} --split {params.split:q}"
            " {params.options} --jobs {threads} > {log:q} 2>&1"
