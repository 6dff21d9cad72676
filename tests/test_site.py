"""The site: it is built without a warning, every page has its place, and every link inside leads somewhere."""

import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import click
import pytest

from vsodprep.cli import COMMANDS, cli

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("config/*.md"), *ROOT.glob("docs/**/*.md")])

pytestmark = pytest.mark.slow


class Page(HTMLParser):
    """The anchors and the links of a page, and its text."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.text = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.anchors |= {value for name, value in attrs if name == "id" and value}
        self.links += [value for name, value in attrs if name in ("href", "src") and value]

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site")
    words = ["sphinx", "-q", "-W", "--keep-going", "-c", "docs", "-d", str(out.parent / "doctrees"), ".", str(out)]
    done = subprocess.run([sys.executable, "-m", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return out


@pytest.fixture(scope="module")
def site(built: Path) -> dict[Path, Page]:
    return {path.relative_to(built): Page(path) for path in built.rglob("*.html")}


def test_every_page_is_in_the_site_and_its_contents(site: dict[Path, Page]) -> None:
    expected = {page.relative_to(ROOT).with_suffix(".html") for page in PAGES}
    assert expected <= set(site)
    reached = {Path("docs/index.html")}
    reached |= {Path("docs") / urlsplit(link).path for link in site[Path("docs/index.html")].links}
    assert {page for page in expected if page.parts[0] == "docs"} <= reached


def test_every_link_leads_somewhere(site: dict[Path, Page], built: Path) -> None:
    broken = []
    for name, page in site.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or link.startswith("data:"):
                continue
            target = ((built / name).parent / unquote(parts.path) if parts.path else built / name).resolve()
            known = site.get(target.relative_to(built.resolve()))
            if not target.exists() or (parts.fragment and known and unquote(parts.fragment) not in known.anchors):
                broken.append(f"{name}: {link}")
    assert broken == []


def test_every_command_is_described(site: dict[Path, Page]) -> None:
    text = site[Path("docs/commands.html")].text
    context = click.Context(cli)
    for name in COMMANDS:
        command = cli.get_command(context, name)
        assert command is not None
        assert f"vsodprep {name}" in text
        options = [
            option
            for each in command.params
            if isinstance(each, click.Option) and not each.hidden
            for option in each.opts
        ]
        assert [option for option in options if option not in text] == []
