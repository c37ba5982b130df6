"""Time NeuroGym's Dataset on the cases of ``python -m jaxgym_neuro bench dataset``.

Run in NeuroGym's environment (see README.md); needs nothing of this package::

    .venv-parity/bin/python tests/bench/against_neurogym/dataset.py

The time includes the refills of NeuroGym's cache: each run draws at least two caches.
"""

import argparse
import json
import platform
import statistics
import time
import warnings

import neurogym

CASES = (
    ("batch 16 x 100", 16, {}),
    ("batch 1,024 x 100", 1024, {}),
    ("batch 16 x 100, 33 channels", 16, {"dim_ring": 32}),
)
TASK, SEQ_LEN = "PerceptualDecisionMaking-v0", 100


def batches_per_s(dataset, num_batches):
    begin = time.perf_counter()
    for _ in range(num_batches):
        dataset()
    return num_batches / (time.perf_counter() - begin)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    rows = []
    for name, batch_size, kwargs in CASES:
        dataset = neurogym.Dataset(TASK, kwargs, batch_size=batch_size, seq_len=SEQ_LEN)
        num_batches = 2 * dataset._cache_len // SEQ_LEN
        rates = [batches_per_s(dataset, num_batches) for _ in range(arguments.repeats)]
        steps_per_s = statistics.median(rates) * batch_size * SEQ_LEN
        rows.append({"case": name, "steps_per_s": round(steps_per_s)})
    if arguments.json:
        print(json.dumps({"python": platform.python_version(), "cases": rows}, indent=2))
        return
    for row in rows:
        print(f"{row['case']:32}{row['steps_per_s'] / 1e6:>9.3f} M steps/s")


if __name__ == "__main__":
    main()
