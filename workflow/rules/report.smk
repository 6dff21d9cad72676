rule configuration:
    output:
        configuration="<results>/report/configuration.json",
    log:
        "<logs>/report/configuration.log",
    localrule: True
    conda:
        "../../environment.yml"
    params:
        content=PLAN.report.configuration,
    message:
        "write down the configuration"
    shell:
        "printf '%s\\n' {params.content:q} > {output.configuration} 2> {log}"


rule report:
    input:
        configuration="<results>/report/configuration.json",
        manifests=PLAN.report.manifests,
        shards=PLAN.report.shards,
        scores=PLAN.evaluate.scores,
    output:
        page=report(
            "<results>/report/index.html",
            caption="../report/report.rst",
            category="Report",
            labels={"page": "tables, curves and pictures"},
        ),
        results=report(
            "<results>/report/results.csv",
            caption="../report/results.rst",
            category="Report",
            labels={"page": "all figures as a table"},
        ),
    log:
        "<logs>/report/report.log",
    benchmark:
        "<benchmarks>/report/report.jsonl"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=4000,
    params:
        code=PLAN.fingerprint("vsodprep.cli.report"),
        results=PLAN.report.results,
    message:
        "report"
    shell:
        "vsodprep report --config {input.configuration} --results {params.results} --out $(dirname {output.page})"
        " > {log} 2>&1"
