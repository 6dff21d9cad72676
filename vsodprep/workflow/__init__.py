"""What the Snakemake rules ask the library: paths, plans, options and fingerprints; knows no Snakemake."""
