rule prior_fit_own:
    input:
        manifest="<results>/normalized/{benchmark}/manifest.json",
        flow=PLAN.prior.own_flow,
    output:
        classifier="<results>/prior/{prior}/{benchmark}/classifier.npz",
    log:
        "<logs>/prior/{prior}/{benchmark}/fit.log",
    benchmark:
        "<benchmarks>/prior/{prior}/{benchmark}/fit.jsonl"
    conda:
        "../../environment.yml"
    threads: 2
    resources:
        mem_mb=4000,
        gpu=PLAN.prior.gpu,
    params:
        code=PLAN.fingerprint("vsodprep.prior.fit"),
        train=PLAN.prior.own_arguments,
        options=PLAN.prior.options,
    message:
        "prior {wildcards.prior}: fit the classifier on {wildcards.benchmark}"
    shell:
        "vsodprep prior fit {params.train} --out {output.classifier} {params.options} > {log} 2>&1"


rule prior_fit:
    input:
        manifests=PLAN.prior.fit_manifests,
        flow=PLAN.prior.fit_flow,
    output:
        classifier="<results>/prior/{prior}/classifier.npz",
    log:
        "<logs>/prior/{prior}/fit.log",
    benchmark:
        "<benchmarks>/prior/{prior}/fit.jsonl"
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
        "prior {wildcards.prior}: fit the classifier"
    shell:
        "vsodprep prior fit {params.train} --out {output.classifier} {params.options} > {log} 2>&1"


rule prior:
    input:
        manifest="<results>/normalized/{benchmark}/manifest.json",
        flow=PLAN.prior.flow,
        classifier=PLAN.prior.classifier,
    output:
        prior="<results>/prior/{prior}/{benchmark}/{seq}.h5",
    log:
        "<logs>/prior/{prior}/{benchmark}/{seq}.log",
    benchmark:
        "<benchmarks>/prior/{prior}/{benchmark}/{seq}.jsonl"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        gpu=PLAN.prior.gpu,
    params:
        code=PLAN.fingerprint("vsodprep.prior.apply"),
        options=PLAN.prior.apply_options,
    message:
        "prior {wildcards.prior} of {wildcards.benchmark}/{wildcards.seq}"
    shell:
        "vsodprep prior apply $(dirname {input.manifest})/{wildcards.seq}/frames {input.flow} {input.classifier}"
        " --out {output.prior} {params.options} > {log} 2>&1"
