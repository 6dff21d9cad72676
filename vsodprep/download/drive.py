"""Google Drive's detours: a page that asks for confirmation, and one that says the quota is used up."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin

_QUOTA = re.compile(r"quota exceeded|too many users have viewed or downloaded|download quota", re.IGNORECASE)
_CONFIRM = re.compile(r"confirm=([0-9A-Za-z_-]+)")


def is_quota_page(page: str) -> bool:
    """Return whether a page says that too many people have fetched the file."""
    return _QUOTA.search(page) is not None


def confirmed_address(page: str, address: str) -> str | None:
    """Return the address behind a confirmation page, None if the page asks for none.

    Args:
        page: Its HTML: a form of today (`drive.usercontent.google.com/download`), or a link of former years.
        address: Its own address.
    """
    parser = _Form()
    parser.feed(page)
    if parser.action and "id" in parser.fields:
        return f"{urljoin(address, parser.action)}?{urlencode(parser.fields)}"
    token = _CONFIRM.search(page)
    return f"{address}&confirm={token[1]}" if token else None


@dataclass
class _Form(HTMLParser):
    """The fields of the form that a page has for downloading."""

    action: str = ""
    fields: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the form's address and its hidden fields."""
        values = {key: value or "" for key, value in attrs}
        if tag == "form" and ("download" in values.get("id", "") or "download" in values.get("action", "")):
            self.action = values.get("action", "")
        elif tag == "input" and self.action and values.get("name"):
            self.fields[values["name"]] = values.get("value", "")
