# No script: Snakemake would go by the age of its file, and train everything again after a checkout.
rule configuration:
    output:
        part=PLAN.paths.configuration(),
    log:
        "<logs>/configuration/{part}.log",
    localrule: True
    conda:
        "../../environment.yml"
    params:
        staged=PLAN.configuration.staged,
    message:
        "write down the configuration: {wildcards.part}"
    shell:
        "cp {params.staged:q} {output.part:q} 2> {log:q}"
