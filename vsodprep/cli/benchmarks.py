"""`vsodprep benchmarks`."""

import json

import click


@click.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(name: str | None, as_json: bool) -> None:
    """List the benchmarks that are known, or describe NAME: splits, counts, licence, source."""
    from vsodprep import benchmarks
    from vsodprep.benchmarks.describe import as_record, as_table, as_text

    if name is None:
        every = [benchmarks.get(each) for each in benchmarks.known()]
        click.echo(json.dumps([as_record(one) for one in every], indent=2) if as_json else as_table(every))
        return
    benchmark = benchmarks.get(name)
    click.echo(json.dumps(as_record(benchmark), indent=2) if as_json else as_text(benchmark))
