# No fingerprint of the code: a changed downloader must not fetch gigabytes again that were verified once.
rule download:
    output:
        sources=PLAN.kept("archives", PLAN.paths.downloads(), temp),
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
        "vsodprep download {wildcards.benchmark} --to {output.sources:q} {params.options} 2>&1 | tee {log:q}"


rule download_maps:
    output:
        sources=PLAN.paths.published(),
    log:
        "<logs>/download/maps/{published}/{file}.log",
    wildcard_constraints:
        file="[^/]+",
    localrule: True
    conda:
        "../../environment.yml"
    params:
        options=PLAN.evaluate.published,
    message:
        "download published maps of {wildcards.published}: {wildcards.file}"
    shell:
        "vsodprep download --maps {wildcards.published} --to {output.sources:q} {params.options} 2>&1 | tee {log:q}"
