rule report:
    input:
        configuration=PLAN.paths.configuration("whole"),
        manifests=PLAN.report.manifests,
        shards=PLAN.report.shards,
        losses=PLAN.report.losses,
        scores=PLAN.evaluate.scores,
    output:
        page=report(
            PLAN.paths.report,
            caption="../report/report.rst",
            category="Report",
            labels={"page": "tables, curves and pictures"},
        ),
        results=report(
            PLAN.paths.table,
            caption="../report/results.rst",
            category="Report",
            labels={"page": "all scores as a table"},
        ),
    log:
        "<logs>/report/report.log",
    benchmark:
        "<timings>/report/report.jsonl"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=4000,
    params:
        code=PLAN.fingerprint("vsodprep.cli.report"),
        results=PLAN.report.results,
    message:
        "report"
    shell:
        "vsodprep report --config {input.configuration:q} --results {params.results:q} --out {output.page:q}"
        " > {log:q} 2>&1"
