rule saliency:
    input:
        manifest=PLAN.paths.manifest(),
        network=PLAN.coarse.saliency_checkpoint,
    output:
        maps=PLAN.paths.saliency(),
    log:
        "<logs>/saliency/{saliency}/{benchmark}/{seq}.log",
    benchmark:
        "<timings>/saliency/{saliency}/{benchmark}/{seq}.jsonl"
    wildcard_constraints:
        saliency=PLAN.coarse.saliency_blocks(stay=True),
    conda:
        "../../environment.yml"
    threads: PLAN.coarse.saliency_threads
    resources:
        mem_mb=PLAN.coarse.saliency_memory,
        gpu=PLAN.coarse.saliency_gpu,
    params:
        code=PLAN.coarse.code,
        frames=PLAN.paths.frames(),
        method=PLAN.coarse.method,
        options=PLAN.coarse.saliency_options,
        weights=PLAN.coarse.saliency_weights,
    message:
        "saliency {wildcards.saliency} of {wildcards.benchmark}/{wildcards.seq}"
    shell:
        "vsodprep saliency {params.method:q} {params.frames:q} --out {output.maps:q} {params.options}"
        " > {log:q} 2>&1"


# A marker alone would go, and leave the maps.
use rule saliency as saliency_passing with:
    output:
        maps=temp(directory(PLAN.paths.saliency_maps())),
    wildcard_constraints:
        saliency=PLAN.coarse.saliency_blocks(stay=False),
