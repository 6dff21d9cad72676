rule evaluate:
    input:
        manifest="<results>/normalized/{benchmark}/manifest.json",
        predictions="<results>/predictions/{model}/{run}/seed{seed}/{post}/{benchmark}/predictions.json",
    output:
        scores="<results>/scores/{model}/{run}/seed{seed}/{post}/{benchmark}.{protocol}.json",
    log:
        "<logs>/evaluate/{model}/{run}/seed{seed}/{post}/{benchmark}.{protocol}.log",
    benchmark:
        "<benchmarks>/evaluate/{model}/{run}/seed{seed}/{post}/{benchmark}.{protocol}.jsonl"
    conda:
        "../../environment.yml"
    threads: 8
    resources:
        mem_mb=4000,
    params:
        code=PLAN.fingerprint("vsodprep.cli.evaluate"),
        split=PLAN.evaluate.split,
        protocol=PLAN.evaluate.protocol,
    message:
        "evaluate {wildcards.model}/{wildcards.run}, seed {wildcards.seed}, on {wildcards.benchmark} by {wildcards.protocol}"
    shell:
        "vsodprep evaluate --pred $(dirname {input.predictions}) --gt $(dirname {input.manifest})"
        " --split {params.split} --protocol {params.protocol:q} --json {output.scores} --jobs {threads} > {log} 2>&1"
