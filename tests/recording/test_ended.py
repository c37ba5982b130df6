"""The trials that have ended in chunks of steps, and their last answers, against a plain loop."""

import numpy as np

from jaxgym_neuro.recording.ended import EndedTrials

SIZES = (5, 1, 8, 5)  # steps of the chunks
NUM_ENVS = 40


def by_hand(record, quota):
    """One environment and step after the other; rows of the trials in the order of their ends."""
    trials, counts, steps = [], [0] * NUM_ENVS, [0] * NUM_ENVS
    given = [(0, -1.0)] * NUM_ENVS
    for t in range(sum(SIZES)):
        for env in range(NUM_ENVS):
            steps[env] += 1
            value, time = (x[t, env] for x in record["answers"]["choice"])
            if time >= 0:
                given[env] = value, time
            if record["new_trial"][t, env]:
                if counts[env] < quota[env]:
                    what = record["what"][t, env].tolist()
                    trials.append((t, env, counts[env], steps[env], *what, *given[env]))
                counts[env] += 1
            if record["new_trial"][t, env] or record["cut"][t, env]:
                given[env], steps[env] = (0, -1.0), 0
    return trials


def test_answers_are_the_last_of_their_own_trial_over_chunks_and_cut_episodes():
    rng = np.random.default_rng(0)
    shape = sum(SIZES), NUM_ENVS
    time = np.where(rng.random(shape) < 0.3, rng.integers(0, 3, shape), -1).astype(np.float32)
    record = {
        "new_trial": rng.random(shape) < 0.25,
        "cut": rng.random(shape) < 0.2,
        "answers": {"choice": (rng.integers(1, 9, shape).astype(np.int32), time)},
        "what": rng.random((*shape, 2)).astype(np.float32),
    }
    quota = rng.integers(1, 9, NUM_ENVS)
    ended, found, begin = EndedTrials(quota), [], 0
    for size in SIZES:
        part = slice(begin, begin + size)
        values, times = (x[part] for x in record["answers"]["choice"])
        others = {name: record[name][part] for name in ("new_trial", "cut", "what")}
        rows = ended.of_chunk({**others, "answers": {"choice": (values, times)}})
        values, times = rows["answers"]["choice"]
        whole = zip(
            begin + rows["step"],
            rows["env"],
            rows["trial"],
            rows["steps"],
            *rows["what"].T,
            np.where(times >= 0, values, 0),
            times,
            strict=True,
        )
        found += [tuple(x.item() for x in row) for row in whole]
        begin += size
    assert found == by_hand(record, quota)
    assert (ended.counts == record["new_trial"].sum(axis=0)).all()
    assert len({row[-1] for row in found}) == 4  # given at 0, 1 and 2 ms, and not at all
