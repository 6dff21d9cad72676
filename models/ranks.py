"""The processes that train one network together: each reads its share of every batch and computes its outputs.

The loss is that of the whole batch in each of them, from the outputs of all, so that it is the one of a single process
whatever it sums, averages or compares; gradients are then averaged, as Lightning's DDP does it.
"""

import os
import signal
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from multiprocessing.connection import Connection, wait
from operator import itemgetter
from typing import Any, NamedTuple

import torch
import torch.distributed as dist
from lightning.pytorch.plugins.environments import SLURMEnvironment
from torch import Tensor

from vsodprep.ending import held
from vsodprep.errors import InputError, VsodprepError
from vsodprep.workers import Context, Worker

_GRACE = 1.0  # seconds in which the others of a failed process may tell a better reason


class Ranks(NamedTuple):
    """The processes of a training, and which of them this one is.

    Attributes:
        devices: Processes on each machine.
        nodes: Machines.
        local: Which process of its machine.
        node: Which machine.
    """

    devices: int = 1
    nodes: int = 1
    local: int = 0
    node: int = 0

    @property
    def number(self) -> int:
        """All processes."""
        return self.devices * self.nodes

    @property
    def rank(self) -> int:
        """Which one of all; the first one writes."""
        return self.node * self.devices + self.local


class PeerError(VsodprepError):
    """Another process of the training has ended."""


def in_ranks(work: Callable[[Ranks], None], devices: int, nodes: int, device: str) -> None:
    """Call a function in several processes, on this machine and in step with other machines.

    Args:
        work: The function; sent to each process.
        devices: Processes on this machine.
        nodes: Machines. Of several, Slurm tells the processes who they are; elsewhere `NODE_RANK`, `MASTER_ADDR` and
            `MASTER_PORT` do, of which the latter two go before Slurm's.
        device: `cpu` or `cuda`, a card for each process.

    Raises:
        InputError: Nobody tells who the other machines are, or the first one is not found.
        VsodprepError: A process was killed, here or there; the others are ended.
    """
    node, address, port = (0, "127.0.0.1", 0) if nodes == 1 else _meeting_point(nodes)
    try:
        store = dist.TCPStore(address, port, is_master=node == 0, wait_for_workers=False)
    except dist.DistError as error:
        found = f"the first one is not found at {address}, port {port}"
        raise InputError(
            f"nodes: {nodes}", found, "an address of it in MASTER_ADDR, a free port in MASTER_PORT"
        ) from error
    # before torch is loaded there: DDP advises against looking for unused weights, though a variant may have some
    os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")
    ranks = Ranks(devices, nodes, node=node)
    crew: dict[Connection, tuple[int, Worker]] = {}
    try:
        for number in range(devices):
            ours, theirs = Context().Pipe()
            with held():
                call = partial(_as_rank, work, ranks._replace(local=number), address, store.port, device)
                worker = Worker(target=_tell, args=(theirs, call))
                worker.start()
                crew[ours] = ranks._replace(local=number).rank, worker
            theirs.close()
        failure = _failure(crew, ranks.number)
        if failure is not None:
            raise failure
    finally:
        for connection, (_, worker) in crew.items():
            worker.kill()
            worker.join()
            connection.close()


def _meeting_point(nodes: int) -> tuple[int, str, int]:
    """Return the number of this machine, and address and port of the first one."""
    if "SLURM_NODEID" in os.environ:
        slurm = SLURMEnvironment()
        return slurm.node_rank(), os.environ.get("MASTER_ADDR", slurm.main_address), slurm.main_port
    try:
        return (int(os.environ["NODE_RANK"]), os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]))
    except (KeyError, ValueError):
        expected = "srun, or NODE_RANK, MASTER_ADDR and MASTER_PORT in the environment"
        raise InputError(f"nodes: {nodes}", "no address of the other machines", expected) from None


def _failure(crew: Mapping[Connection, tuple[int, Worker]], number: int) -> Exception | None:
    """Wait for all processes, or for one to fail, and return why it did.

    Where one is lost, the others fail too, sooner than it is noticed.
    """
    waiting = dict(crew)
    found: list[tuple[int, Exception]] = []
    while waiting and (ready := wait(list(waiting), _GRACE if found else None)):
        for connection in ready:
            assert isinstance(connection, Connection)
            rank, worker = waiting.pop(connection)
            try:
                error = connection.recv()
            except (EOFError, ConnectionError):
                worker.join()
                how = signal.Signals(-code).name if (code := worker.exitcode or 0) < 0 else f"exit code {code}"
                said = (
                    f"process {rank + 1} of {number} was ended ({how}); the same command goes on from the saved state"
                )
                found.append((0, VsodprepError(said)))
            else:
                if error is not None:
                    found.append((1 + isinstance(error, PeerError), error))
    return min(found, key=itemgetter(0))[1] if found else None


def _tell(connection: Connection, call: Callable[[], None]) -> None:
    try:
        call()
    except Exception as error:
        connection.send(error)
    else:
        connection.send(None)


def _as_rank(work: Callable[[Ranks], None], ranks: Ranks, address: str, port: int, device: str) -> None:
    os.environ |= {"LOCAL_RANK": str(ranks.local), "NODE_RANK": str(ranks.node)}  # which Lightning reads
    if ranks.nodes == 1:
        os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    if device == "cuda":
        torch.cuda.set_device(ranks.local)
    backend = "nccl" if device == "cuda" else "gloo"
    try:
        store = dist.TCPStore(address, port, is_master=False)
        dist.init_process_group(backend, store=store, rank=ranks.rank, world_size=ranks.number)
        work(ranks)
    except RuntimeError as error:
        if isinstance(error, dist.DistError) or "gloo" in str(error):
            raise PeerError("another process of this training has ended; its own last line says why") from error
        raise


def check_agreed(ranks: Ranks, what: object) -> None:
    """Check that all processes are about to do the same.

    Args:
        ranks: The processes.
        what: Plain values.

    Raises:
        VsodprepError: They are not, because machines see different files.
    """
    if ranks.number == 1:
        return
    found: list[Any] = [None] * ranks.number
    dist.all_gather_object(found, what)
    if any(each != found[0] for each in found):
        raise VsodprepError(
            "the machines read different data or saved states; expected folders that all machines share"
        )


class WholeBatch(Mapping[str, Any]):
    """What all processes hold of a batch, or of a network's outputs, joined along the first dimension when asked for.

    All processes have to ask for the same, in the same order.

    Args:
        own: What this process holds: tensors with its samples first, lists of such tensors or with an entry for each
            sample, or mappings of these.
        samples: Samples of this process.
        ranks: The processes.
    """

    def __init__(self, own: Mapping[str, Any], samples: int, ranks: Ranks) -> None:
        self._own, self._samples, self._ranks = own, samples, ranks
        self._joined: dict[str, Any] = {}

    def __getitem__(self, key: str) -> Any:
        if key not in self._joined:
            self._joined[key] = self._join(key, self._own[key])
        return self._joined[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._own)

    def __len__(self) -> int:
        return len(self._own)

    def _join(self, key: str, value: Any) -> Any:
        if isinstance(value, Mapping):
            return WholeBatch(value, self._samples, self._ranks)
        if isinstance(value, Tensor):
            if value.dim() == 0 or value.shape[0] != self._samples:
                found = f"{key} of shape {tuple(value.shape)}"
                expected = f"the {self._samples} samples of a process first, to train on several devices"
                raise InputError("outputs of the network", found, expected)
            return _Join.apply(value, self._ranks)
        if isinstance(value, list | tuple) and all(isinstance(each, Tensor) for each in value):
            return type(value)(self._join(key, each) for each in value)
        parts: list[Any] = [None] * self._ranks.number
        dist.all_gather_object(parts, value)
        return [each for part in parts for each in part] if isinstance(value, list) else value


class _Join(torch.autograd.Function):
    """Join the tensors of all processes.

    Each computes the same loss of the joined tensor. Its gradient is multiplied by the number of processes, because the
    gradients of the weights are averaged over these, and not added up.
    """

    @staticmethod
    def forward(ctx: Any, own: Tensor, ranks: Ranks) -> Tensor:
        ctx.ranks = ranks
        own = own.contiguous()
        parts = [torch.empty_like(own) for _ in range(ranks.number)]
        dist.all_gather(parts, own)
        return torch.cat(parts)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return gradient.chunk(ctx.ranks.number)[ctx.ranks.rank] * ctx.ranks.number, None
