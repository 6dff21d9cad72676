# No fingerprint of the code: a changed downloader must not fetch gigabytes again that were verified once.
rule download:
    output:
        sources="<results>/downloads/{benchmark}/sources.json",
    log:
        "<logs>/download/{benchmark}.log",
    localrule: True
    conda:
        "../../environment.yml"
    params:
        options=PLAN.normalize.download_options,
    message:
        "download {wildcards.benchmark}"
    shell:
        "vsodprep download {wildcards.benchmark} --to $(dirname {output.sources}) {params.options} 2>&1 | tee {log}"
