rule flow:
    input:
        manifest="<results>/normalized/{benchmark}/manifest.json",
    output:
        flow="<results>/flow/{flow}/{benchmark}/{seq}.h5",
    log:
        "<logs>/flow/{flow}/{benchmark}/{seq}.log",
    benchmark:
        "<benchmarks>/flow/{flow}/{benchmark}/{seq}.jsonl"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=3000,
        gpu=PLAN.flow.gpu,
    params:
        code=PLAN.fingerprint("vsodprep.cli.flow"),
        method=PLAN.flow.method,
        options=PLAN.flow.options,
    message:
        "flow {wildcards.flow} of {wildcards.benchmark}/{wildcards.seq}"
    shell:
        "vsodprep flow {params.method} $(dirname {input.manifest})/{wildcards.seq}/frames"
        " --out {output.flow} {params.options} > {log} 2>&1"
