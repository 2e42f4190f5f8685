"""Fuzz one target: ``python -m benchmarks.fuzz wire --seconds 600``. Stops at the first finding.

Begins with the kept inputs and the target's own; what reaches new code goes to
``benchmarks/out/fuzz/<target>``, a finding to ``benchmarks/out/fuzz/<target>-findings``. Play a
finding again with ``--play FILE``. ``--keep N`` writes the inputs that are worth keeping, at most N
bytes of them, to ``tests/fuzz/corpus/<target>``.
"""

from __future__ import annotations

import argparse
import importlib
import random
import sys
import tempfile
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
TARGETS = ("wire", "intake")
INSTRUMENTED = ["autograder", "dateutil.parser", "json"]


def main() -> int:
    """Parse the command line and fuzz, play or keep."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description=__doc__)
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seconds", type=int, default=300, help="how long (default 300)")
    parser.add_argument("--seed", type=int, default=1, help="of the mutations (default 1)")
    parser.add_argument("--corpus", type=Path, help="where new inputs go, and more lie")
    parser.add_argument("--play", type=Path, help="play one input, do not fuzz")
    parser.add_argument("--keep", type=int, metavar="BYTES", help="choose inputs worth keeping")
    options = parser.parse_args()
    corpus = options.corpus or ROOT / "benchmarks" / "out" / "fuzz" / options.target
    kept = ROOT / "tests" / "fuzz" / "corpus" / options.target
    if options.play is not None:
        _target(options.target).play(options.play.read_bytes())
    elif options.keep is not None:
        from benchmarks.fuzz.keep import keep

        keep(_target(options.target), [kept, corpus], kept, options.keep)
    else:
        return _fuzz(options, corpus, kept)
    return 0


def _target(name: str) -> ModuleType:
    return importlib.import_module(f"benchmarks.fuzz.{name}")


def _fuzz(options: argparse.Namespace, corpus: Path, kept: Path) -> int:
    """Hand over to the fuzzer, which ends this process."""
    try:
        import atheris  # type: ignore[import-untyped, unused-ignore]
    except ImportError:
        print("the fuzzer is not here: pip install '.[fuzz]' (Linux on x86-64)", file=sys.stderr)
        return 2
    with atheris.instrument_imports(include=INSTRUMENTED):
        target = _target(options.target)

    def mutator(data: bytes, limit: int, seed: int) -> bytes:
        made: bytes = target.mutated(data, limit, random.Random(seed), atheris.Mutate)
        return made

    seeds = Path(tempfile.mkdtemp(prefix="fuzz-seeds-"))
    for number, data in enumerate(target.valid()):
        (seeds / str(number)).write_bytes(data)
    findings = corpus.with_name(corpus.name + "-findings")
    for folder in (corpus, kept, findings):
        folder.mkdir(parents=True, exist_ok=True)
    limits = {
        "max_total_time": options.seconds, "seed": options.seed, "max_len": target.MAX_BYTES,
        "timeout": 60, "rss_limit_mb": 3000, "malloc_limit_mb": 1000, "print_final_stats": 1,
        "artifact_prefix": f"{findings}/",
    }  # fmt: skip
    flags = [f"-{name}={value}" for name, value in limits.items()]
    folders = [str(corpus), str(kept), str(seeds)]
    atheris.Setup([sys.argv[0], *flags, *folders], target.play, custom_mutator=mutator)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
