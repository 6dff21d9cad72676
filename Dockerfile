# docker build -t vsodprep . && docker run --rm -v "$PWD:/data" vsodprep snakemake -s /vsodprep/Snakefile --cores all all
# With cards: `docker run --gpus all`. Apptainer: `apptainer build vsodprep.sif docker-daemon://vsodprep:latest`.
FROM python:3.12-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends build-essential \
    && rm -rf /var/lib/apt/lists/*
COPY . /vsodprep
RUN pip install --no-cache-dir --editable /vsodprep
WORKDIR /data
CMD ["vsodprep", "--help"]
