rule saliency:
    input:
        manifest="<results>/normalized/{benchmark}/manifest.json",
    output:
        maps="<results>/saliency/{saliency}/{benchmark}/{seq}/maps.json",
    log:
        "<logs>/saliency/{saliency}/{benchmark}/{seq}.log",
    benchmark:
        "<benchmarks>/saliency/{saliency}/{benchmark}/{seq}.jsonl"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        code=PLAN.fingerprint("vsodprep.cli.saliency"),
        method=PLAN.coarse.method,
    message:
        "saliency {wildcards.saliency} of {wildcards.benchmark}/{wildcards.seq}"
    shell:
        "vsodprep saliency {params.method} $(dirname {input.manifest})/{wildcards.seq}/frames"
        " --out $(dirname {output.maps}) > {log} 2>&1"
