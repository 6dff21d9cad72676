import pytest
import torch

from vsodprep.threads import restores_threads


@restores_threads
def work(threads: int) -> int:
    torch.set_num_threads(threads)
    if threads == 9:
        raise ValueError("nine")
    return torch.get_num_threads()


def test_threads_are_put_back_also_after_an_error():
    before = torch.get_num_threads()
    assert work(before + 1) == before + 1
    assert torch.get_num_threads() == before
    with pytest.raises(ValueError, match="nine"):
        work(9)
    assert torch.get_num_threads() == before
