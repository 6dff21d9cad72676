"""What the Snakemake rules ask the library: inputs, options and fingerprints; knows no Snakemake."""
