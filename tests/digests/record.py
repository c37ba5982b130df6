"""Record the digests of every task as they are now: ``python tests/digests/record.py``.

Do so after a change that is meant to move numbers, or that adds a task; the difference of
``digests.json`` then shows which tasks and leaves it moved. To name a change before that, see
``CORRECTIONS`` in ``digests.py``.
"""

import json

import digests

import jaxgym_neuro as jgn


def main():
    lines = []
    for id in jgn.registered_tasks():
        configurations = [
            f"{json.dumps(str(number))}: {json.dumps(digests.digest_task(id, number))}"
            for number in range(digests.NUM_CONFIGURATIONS)
        ]
        lines.append(f"{json.dumps(id)}: {{\n" + ",\n".join(configurations) + "\n}")
        print(id)
    digests.RECORDED.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    print(f"{digests.RECORDED.name}: {digests.RECORDED.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
