"""What all parts of the benchmark are told."""
import dataclasses
import pathlib

WORK = pathlib.Path(__file__).resolve().parents[2] / ".cache" / "bench"
SAMPLES, TOKENS = 10, 16  # K sampled answers beside the greedy one, and the tokens of each


@dataclasses.dataclass(frozen=True)
class Context:
    work: pathlib.Path = WORK
    quick: bool = False
    threads: tuple = (1,)        # numbers of cores to compare on
    rounds: int = 2
    items: int = 10              # of vrp-run's longer run
    reference_items: int = 1
    families: tuple = ("llava", "paligemma", "qwen2_vl")
    sizes: dict | None = None    # of the checkpoints; None = checkpoint.MEDIUM

    def folder(self, name):
        path = self.work / name
        path.mkdir(parents=True, exist_ok=True)
        return path
