rule flow:
    input:
        manifest=PLAN.paths.manifest(),
    output:
        flow=PLAN.kept("flow", PLAN.paths.flow(), temp),
    log:
        "<logs>/flow/{flow}/{benchmark}/{seq}.log",
    benchmark:
        "<timings>/flow/{flow}/{benchmark}/{seq}.jsonl"
    conda:
        "../../environment.yml"
    threads: PLAN.flow.threads
    resources:
        mem_mb=3000,
        gpu=PLAN.flow.gpu,
    params:
        code=PLAN.flow.code,
        frames=PLAN.paths.frames(),
        given=PLAN.flow.given,
        method=PLAN.flow.method,
        options=PLAN.flow.options,
    message:
        "flow {wildcards.flow} of {wildcards.benchmark}/{wildcards.seq}"
    shell:
        "vsodprep flow {params.method:q} {params.frames:q} --out {output.flow:q} {params.options}"
        " --writers {threads} > {log:q} 2>&1"
