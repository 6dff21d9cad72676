# `provenance.json` lies where a sequence of that name would have its record.
ruleorder: coarse_collect > coarse


rule fuse_fit:
    input:
        manifests=PLAN.coarse.fit_manifests,
        maps=PLAN.coarse.fit_maps,
    output:
        weights="<results>/coarse/{coarse}/weights.json",
    log:
        "<logs>/coarse/{coarse}/fuse_fit.log",
    benchmark:
        "<benchmarks>/coarse/{coarse}/fuse_fit.jsonl"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        code=PLAN.fingerprint("vsodprep.cli.fuse_fit"),
        maps=PLAN.coarse.fit_arguments,
    message:
        "coarse {wildcards.coarse}: fit the weights of the saliency maps"
    shell:
        "vsodprep fuse-fit {params.maps} --out {output.weights} > {log} 2>&1"


rule coarse:
    input:
        manifest="<results>/normalized/{benchmark}/manifest.json",
        maps=PLAN.coarse.maps,
        weights=PLAN.coarse.weights,
        edits=PLAN.coarse.edits,
        support=PLAN.coarse.support,
    output:
        record="<results>/coarse/{coarse}/{benchmark}/{seq}.json",
    log:
        "<logs>/coarse/{coarse}/{benchmark}/{seq}.log",
    benchmark:
        "<benchmarks>/coarse/{coarse}/{benchmark}/{seq}.jsonl"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        code=PLAN.fingerprint("vsodprep.cli.coarse"),
        maps=PLAN.coarse.arguments,
        options=PLAN.coarse.options,
    message:
        "coarse {wildcards.coarse} of {wildcards.benchmark}/{wildcards.seq}"
    shell:
        "vsodprep coarse label $(dirname {input.manifest})/{wildcards.seq}/frames {params.maps}"
        " --out $(dirname {output.record})/{wildcards.seq} --record {output.record} {params.options} > {log} 2>&1"


rule coarse_collect:
    input:
        records=PLAN.coarse.records,
    output:
        provenance="<results>/coarse/{coarse}/{benchmark}/provenance.json",
    log:
        "<logs>/coarse/{coarse}/{benchmark}/collect.log",
    localrule: True
    conda:
        "../../environment.yml"
    message:
        "coarse {wildcards.coarse} of {wildcards.benchmark}: collect the provenance"
    shell:
        "vsodprep coarse collect {input.records} --out {output.provenance} > {log} 2>&1"
