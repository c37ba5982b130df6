"""Every task does what it did when its digest was recorded, and the digest is able to tell."""

import digests
import numpy as np
import pytest
from digests import CORRECTIONS, complaints, differs, digest
from task_ids import fast_if_typical

import jaxgym_neuro as jgn

CASES = digests.cases()
TASK = "PerceptualDecisionMaking-v0"


@pytest.mark.parametrize(("id", "number"), fast_if_typical(CASES))
def test_a_task_does_what_it_did_when_it_was_recorded(id, number):
    before = digests.recorded().get((id, number))
    assert before is not None, f"{id} has no recorded digest; run python tests/digests/record.py"
    now = digests.digest_task(id, number)
    sentences = complaints(id, number, before, now, CORRECTIONS)
    assert not sentences, "\n".join(sentences)


def test_what_is_recorded_is_every_registered_task_twice():
    assert set(digests.recorded()) == set(CASES)


def test_every_correction_is_of_a_recorded_configuration_and_has_a_reason():
    assert {(id, number) for id, number, _ in CORRECTIONS} <= set(CASES)
    assert all(CORRECTIONS.values())


@pytest.mark.parametrize(("id", "number"), CASES)
def test_the_recorded_steps_show_trials_and_episodes_that_end(id, number):
    """A hash of booleans that are all False would be the hash of zeros."""
    leaves = digests.recorded()[id, number]
    never = digest(np.zeros((digests.NUM_STEPS, len(digests.POLICY)), np.bool_))
    ends = ("steps/info/new_trial", "steps/terminated", "steps/truncated")
    assert [leaf for leaf in ends if leaves[leaf] == never] == []


@pytest.fixture(scope="module")
def with_less_noise():
    return digests.digest_task(TASK, 0, sigma=0.999)


def test_a_little_less_noise_moves_what_is_seen_and_nothing_else(with_less_noise):
    found = set(digests.moved(digests.recorded()[TASK, 0], with_less_noise))
    assert found == {
        "trials/ob",
        "batch/inputs",
        "steps/ob",
        "steps/info/final_observation",
        "steps/state/trial/ob",
    }


def test_a_leaf_that_moved_is_named_with_its_task_and_configuration(with_less_noise):
    sentences = complaints(TASK, 0, digests.recorded()[TASK, 0], with_less_noise, {})
    assert any(s.startswith(f"{TASK}, configuration 0 ({{}}): trials/ob was") for s in sentences)


def test_a_correction_lets_the_leaves_move_that_it_names(with_less_noise):
    before = digests.recorded()[TASK, 0]
    names = ("trials", "batch/inputs", "steps")
    corrections = {(TASK, 0, name): "less noise" for name in names}
    assert complaints(TASK, 0, before, with_less_noise, corrections) == []


def test_a_correction_says_nothing_of_other_leaves_and_configurations(with_less_noise):
    before = digests.recorded()[TASK, 0]
    corrections = {(TASK, 0, "steps"): "less noise", (TASK, 1, "batch"): "less noise"}
    sentences = complaints(TASK, 0, before, with_less_noise, corrections)
    assert len(sentences) == 2  # trials/ob and batch/inputs


@pytest.mark.parametrize("name", ["trials/gt", "trials/o", "static"])
def test_a_correction_that_names_what_did_not_move_is_out_of_date(name, with_less_noise):
    before = digests.recorded()[TASK, 0]
    corrections = {(TASK, 0, part): "less noise" for part in ("trials/ob", "batch", "steps")}
    corrections[TASK, 0, name] = "a reason"
    (sentence,) = complaints(TASK, 0, before, with_less_noise, corrections)
    assert f"nothing in {name!r} moved" in sentence
    assert "'a reason' is out of date" in sentence


def test_a_leaf_that_appears_or_disappears_is_told():
    assert digests.moved({"a": "1"}, {"b": "1"}) == {"a": "is no more; it was 1", "b": "is new: 1"}


def test_other_rewards_and_timing_move_the_static_facts():
    facts, others = (
        digests.static_facts(jgn.make(TASK, **kwargs)[0])
        for kwargs in ({}, {"rewards": {"fail": -0.01}, "timing": {"stimulus": 2100}})
    )
    names = {name for name in facts if facts[name] != others[name]}
    assert names == {"T", "params/rewards", "params/timing"}


@pytest.mark.parametrize("dtype", [np.int32, np.bool_, np.uint32])
def test_one_flipped_number_in_any_place_changes_a_digest(dtype):
    array = np.zeros((20, 5), dtype)
    lines = {digest(array)}
    for place in np.ndindex(array.shape):
        array[place] = 1
        lines.add(digest(array))
        array[place] = 0
    assert len(lines) == 1 + array.size


def test_shape_and_dtype_are_part_of_a_digest():
    zeros = [np.zeros(shape, dtype) for shape in (4, (2, 2)) for dtype in (np.int32, np.float32)]
    lines = [digest(array) for array in zeros]
    assert all(differs(a, b) for i, a in enumerate(lines) for b in lines[:i])


def noise(*shape):
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


@pytest.mark.parametrize("shape", [(), (1,), (200, 8), (32, 400, 33)])
def test_rounding_is_not_a_difference(shape):
    array = np.asarray(noise(*shape))
    rounded = array * (1 + np.float32(1e-6) * np.sign(noise(*shape)))
    rounded = np.nextafter(rounded.astype(np.float32), np.float32(9))
    assert not np.array_equal(array, rounded)
    assert not differs(digest(array), digest(rounded))


def test_rounding_errors_alone_are_not_a_difference():
    assert not differs(digest(np.float32(np.sin(np.pi))), digest(np.float32(-8.7e-8)))


@pytest.mark.parametrize("place", [0, 211_200, 422_399])
def test_one_replaced_number_in_a_large_array_is_a_difference(place):
    array = noise(32, 400, 33)
    replaced = array.copy()
    replaced.flat[place] += 1
    assert differs(digest(array), digest(replaced))


def test_numbers_that_change_places_are_a_difference():
    array = noise(32, 100)
    assert differs(digest(array), digest(np.roll(array, 1)))
    assert differs(digest(array), digest(array[:, ::-1]))
    swapped = array.copy()
    swapped[0, :2] = array[0, 1::-1]
    assert differs(digest(array), digest(swapped))


def test_a_slightly_larger_array_is_a_difference():
    array = noise(200, 8)
    assert differs(digest(array), digest(array * np.float32(1.0001)))


def test_nan_and_infinity_are_told_apart_and_have_their_places():
    lines = []
    for place, value in [(0, 0), (0, np.nan), (1, np.nan), (0, np.inf), (0, -np.inf)]:
        array = np.zeros(3, np.float32)
        array[place] = value
        lines.append(digest(array))
    assert all(differs(a, b) for i, a in enumerate(lines) for b in lines[:i])
    array = noise(9)
    array[4] = np.nan
    assert not differs(digest(array), digest(array * np.float32(1 + 1e-6)))
