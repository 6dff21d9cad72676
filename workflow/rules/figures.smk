rule figure:
    input:
        PLAN.figures.inputs,
    output:
        figure=report(
            PLAN.paths.figure(),
            caption="../report/figure.rst",
            category="Figures",
            labels={"figure": "{figure}"},
        ),
    log:
        "<logs>/figure/{figure}.{ending}.log",
    conda:
        "../../environment.yml"
    resources:
        mem_mb=4000,
    params:
        code=PLAN.fingerprint("vsodprep.cli.figure"),
        kind=PLAN.figures.kind,
        arguments=PLAN.figures.arguments,
        given=PLAN.figures.given,
    message:
        "figure {wildcards.figure}"
    shell:
        "vsodprep figure {params.kind} {params.arguments} --out {output.figure:q} > {log:q} 2>&1"
