rule prior_fit_own:
    input:
        manifest=PLAN.paths.manifest(),
        flow=PLAN.prior.fit_flow,
    output:
        classifier=PLAN.paths.own_classifier(),
    log:
        "<logs>/prior_fit/{prior}/{benchmark}.log",
    benchmark:
        "<timings>/prior_fit/{prior}/{benchmark}.jsonl"
    conda:
        "../../environment.yml"
    threads: 2
    resources:
        mem_mb=4000,
        gpu=PLAN.prior.gpu,
    params:
        code=PLAN.fingerprint("vsodprep.prior.fit"),
        train=PLAN.prior.fit_arguments,
        options=PLAN.prior.options,
    message:
        "prior {wildcards.prior}: fit the classifier on {wildcards.benchmark}"
    shell:
        "vsodprep prior fit {params.train} --out {output.classifier:q} {params.options} > {log:q} 2>&1"


use rule prior_fit_own as prior_fit with:
    input:
        manifests=PLAN.prior.fit_manifests,
        flow=PLAN.prior.fit_flow,
    output:
        classifier=PLAN.paths.classifier(),
    log:
        "<logs>/prior_fit/{prior}.log",
    benchmark:
        "<timings>/prior_fit/{prior}.jsonl"
    message:
        "prior {wildcards.prior}: fit the classifier"


rule prior:
    input:
        manifest=PLAN.paths.manifest(),
        flow=PLAN.prior.flow,
        classifier=PLAN.prior.classifier,
    output:
        prior=PLAN.kept("prior", PLAN.paths.prior(), temp),
    log:
        "<logs>/prior/{prior}/{benchmark}/{seq}.log",
    benchmark:
        "<timings>/prior/{prior}/{benchmark}/{seq}.jsonl"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=2000,
        gpu=PLAN.prior.gpu,
    params:
        code=PLAN.fingerprint("vsodprep.prior.apply"),
        frames=PLAN.paths.frames(),
        options=PLAN.prior.apply_options,
    message:
        "prior {wildcards.prior} of {wildcards.benchmark}/{wildcards.seq}"
    shell:
        "vsodprep prior apply {params.frames:q} {input.flow:q} {input.classifier:q}"
        " --out {output.prior:q} {params.options} > {log:q} 2>&1"
