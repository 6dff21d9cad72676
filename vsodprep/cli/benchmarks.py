"""`vsodprep benchmarks`."""

import json

import click

from vsodprep.cli._names import benchmark_names


@click.command()
@click.argument("name", required=False, shell_complete=benchmark_names)
@click.option("--maps", is_flag=True, help="List or describe published maps instead.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(name: str | None, *, maps: bool, as_json: bool) -> None:
    """List the benchmarks that are known, or describe NAME: splits, counts, licence, source."""
    from vsodprep import benchmarks
    from vsodprep.benchmarks import describe
    from vsodprep.benchmarks.published import get_published, published

    if maps:
        known = [get_published(each) for each in ([name] if name else published())]
        records = [describe.maps_record(one) for one in known]
        text = describe.maps_text(known[0]) if name else describe.maps_table(known)
    else:
        every = [benchmarks.get(each) for each in ([name] if name else benchmarks.known())]
        records = [describe.as_record(one) for one in every]
        text = describe.as_text(every[0]) if name else describe.as_table(every)
    click.echo(json.dumps(records[0] if name else records, indent=2) if as_json else text)
