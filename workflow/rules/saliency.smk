rule saliency:
    input:
        manifest=PLAN.paths.manifest(),
    output:
        maps=PLAN.paths.saliency(),
    log:
        "<logs>/saliency/{saliency}/{benchmark}/{seq}.log",
    benchmark:
        "<timings>/saliency/{saliency}/{benchmark}/{seq}.jsonl"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=2000,
    params:
        code=PLAN.coarse.code,
        frames=PLAN.paths.frames(),
        method=PLAN.coarse.method,
    message:
        "saliency {wildcards.saliency} of {wildcards.benchmark}/{wildcards.seq}"
    shell:
        "vsodprep saliency {params.method:q} {params.frames:q} --out {output.maps:q} > {log:q} 2>&1"
