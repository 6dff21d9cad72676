rule fuse_fit:
    input:
        manifests=PLAN.coarse.fit_manifests,
        maps=PLAN.coarse.fit_maps,
    output:
        weights=PLAN.paths.weights(),
    log:
        "<logs>/fuse_fit/{coarse}.log",
    benchmark:
        "<timings>/fuse_fit/{coarse}.jsonl"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=2000,
    params:
        code=PLAN.fingerprint("vsodprep.cli.fuse_fit"),
        given=PLAN.coarse.given,
        maps=PLAN.coarse.fit_arguments,
    message:
        "coarse {wildcards.coarse}: fit the weights of the saliency maps"
    shell:
        "vsodprep fuse-fit {params.maps} --out {output.weights:q} > {log:q} 2>&1"


rule coarse:
    input:
        manifest=PLAN.paths.manifest(),
        maps=PLAN.coarse.maps,
        weights=PLAN.coarse.weights,
        crf=PLAN.coarse.own_crf,
        edits=PLAN.coarse.edits,
        support=PLAN.coarse.support,
    output:
        record=PLAN.paths.coarse(),
    log:
        "<logs>/coarse/{coarse}/{benchmark}/{seq}.log",
    benchmark:
        "<timings>/coarse/{coarse}/{benchmark}/{seq}.jsonl"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=2000,
        gpu=PLAN.coarse.gpu,
    params:
        code=PLAN.fingerprint("vsodprep.cli.coarse"),
        frames=PLAN.paths.frames(),
        given=PLAN.coarse.given,
        maps=PLAN.coarse.arguments,
        options=PLAN.coarse.options,
    message:
        "coarse {wildcards.coarse} of {wildcards.benchmark}/{wildcards.seq}"
    shell:
        "vsodprep coarse label {params.frames:q} {params.maps} --out {output.record:q} {params.options} > {log:q} 2>&1"


rule coarse_collect:
    input:
        records=PLAN.coarse.records,
    output:
        provenance=PLAN.paths.provenance(),
    log:
        "<logs>/coarse_collect/{coarse}/{benchmark}.log",
    localrule: True
    conda:
        "../../environment.yml"
    message:
        "coarse {wildcards.coarse} of {wildcards.benchmark}: collect the provenance"
    shell:
        "vsodprep coarse collect {input.records:q} --out {output.provenance:q} > {log:q} 2>&1"
