"""Record the digests as they are now: ``python tests/digests/record.py [ID ...]``, default all.

Do so after a change that is meant to move numbers, or that adds a task; the difference of
``digests.json`` then shows which tasks and leaves it moved. To name a change before that, see
``CORRECTIONS`` in ``digests.py``.
"""

import json
import sys

import digests


def main():
    ids = sorted(digests.configurations())
    recorded = json.loads(digests.RECORDED.read_text())
    for id in sys.argv[1:] or ids:
        numbers = range(digests.NUM_CONFIGURATIONS)
        recorded[id] = {str(number): digests.digest_task(id, number) for number in numbers}
        print(id)
    lines = []
    for id in ids:
        configurations = [
            f"{json.dumps(number)}: {json.dumps(leaves)}" for number, leaves in recorded[id].items()
        ]
        lines.append(f"{json.dumps(id)}: {{\n" + ",\n".join(configurations) + "\n}")
    digests.RECORDED.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    print(f"{digests.RECORDED.name}: {digests.RECORDED.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
