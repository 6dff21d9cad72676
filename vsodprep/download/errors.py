"""Why an address did not give a file."""

from vsodprep.errors import VsodprepError


class AddressError(VsodprepError):
    """This address will not give the file; another may."""


class QuotaError(AddressError):
    """Google Drive has given the file to too many people lately."""


class PassingError(VsodprepError):
    """It may work if tried again.

    Args:
        text: What happened.
        wait: Seconds that the server asked to wait, None if it did not.
    """

    def __init__(self, text: str, wait: float | None = None) -> None:
        super().__init__(text)
        self.wait = wait


class DiskError(VsodprepError):
    """The file does not fit; no address helps."""
