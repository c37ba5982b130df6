"""How the entries of NeuroGym's trial dict and our conditions correspond."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

# How a value of NeuroGym's trial dict reads here, where it is not the same number.
AS_HERE: Mapping[str, Mapping[str, Callable[[Any], Any]]] = {
    "AnnubesEnv-v0": {
        "stim_types": lambda shown: ["a" in shown, "v" in shown],
        "stim_values": lambda values: [values.get("a", 0), values.get("v", 0)],
    },
    "DelayMatchCategory-v0": {"ground_truth": {"match": 1, "non-match": 2}.__getitem__},
    "EconomicDecisionMaking-v0": {"juice": lambda letters: letters.index("a")},
    "yang19.dms-v0": {"ground_truth": {"match": 1, "non-match": 2}.__getitem__},
    "yang19.dnmc-v0": {"ground_truth": {"match": 1, "non-match": 2}.__getitem__},
}


def _is_shown(drawn):
    return drawn["stim_types"] & ~drawn["catch"][:, None]


def _is_clear(drawn):
    return (drawn["stage"] > 0) & (drawn["stage"] < 4)


def _is_pro(drawn):
    """Is the flashes' side the right one?"""
    return drawn["ground_truth"] == drawn["stimulus"]


# How our conditions, and dt, read there, where an entry there is not one of the same name here.
AS_THERE: Mapping[str, Mapping[str, Callable[..., np.ndarray]]] = {
    "AnnubesEnv-v0": {
        "stim_types": lambda drawn, dt: _is_shown(drawn),
        "stim_values": lambda drawn, dt: np.where(_is_shown(drawn), drawn["stim_values"], 0),
    },
    "CVLearning-v0": {  # what is shown
        "coh": lambda drawn, dt: np.where(_is_clear(drawn), 100, drawn["coh"]),
        "sigma": lambda drawn, dt: np.where(drawn["stage"] == 4, drawn["sigma"], 0),
    },
    "DelayMatchSampleDistractor1D-v0": {
        f"test{i + 1}": lambda drawn, dt, i=i: drawn["tests"][:, i] for i in range(3)
    },
    "HierarchicalReasoning-v0": {
        "interval": lambda drawn, dt: np.floor(drawn["interval"] / dt) * dt,
        "long_interval": lambda drawn, dt: _is_pro(drawn) == (drawn["rule"] == 1),
        "pro_choice": lambda drawn, dt: _is_pro(drawn),
    },
    "ToneDetection-v0": {"ground_truth": lambda drawn, dt: drawn["condition"]},
}

# Rewards of NeuroGym that are computed here.
REWARDS_THERE: Mapping[str, Mapping[str, Callable[[Any], float]]] = {
    "PostDecisionWager-v0": {"sure": lambda params: params.sure * params.rewards["correct"]},
}

# Entries that are not compared trial by trial, and where they are compared. A test holds each of
# them to it.
SESSIONS = "depends on the trials before: compared over sessions"
GROUND_TRUTH = "is an array, the same as the ground truth of the trial: compared as such"
DURATION = "is the duration of a period: compared as such"
NOT_COMPARED: Mapping[str, Mapping[str, str]] = {
    "AnnubesEnv-v0": {"sequential_count": SESSIONS},
    "DawTwoStep-v0": {"hi_state": SESSIONS, "reward": SESSIONS},
    "SpatialSuppressMotion-v0": {"ground_truth": GROUND_TRUTH},
    "yang19.dm1-v0": {"stim_period": DURATION},
}


def _places_in_category(golden, ob, dt):
    """Read the angles, (category + place) pi, which NeuroGym does not record, from what is seen."""
    del dt
    ring = 2 * np.pi * np.arange(ob.shape[1] - 1) / (ob.shape[1] - 1)
    category = golden["conditions"]["sample_category"]
    is_match = golden["conditions"]["ground_truth"] == "match"
    places = {}
    for name, side in (("sample", category), ("test", category if is_match else 1 - category)):
        seen = ob[golden["periods"][name][0], 1:].astype(float)
        angle = np.arctan2(seen @ np.sin(ring), seen @ np.cos(ring))
        place = (angle / np.pi - side + 0.5) % 2 - 0.5
        assert -1e-5 < place < 1 + 1e-5, f"the {name} is outside its category"
        places[f"{name}_place"] = place
    return places


def shown_interval(golden, dt):
    start, end = golden["periods"]["delay"]
    return (end - start) * dt


def _two_step(golden, ob, dt):
    del ob, dt
    good, reward = golden["conditions"]["hi_state"], golden["conditions"]["reward"]
    probability = np.where(np.arange(2) == good, 0.9, 0.1)
    return {"reward_prob": probability[:, None], "luck": _luck(reward)[:, None]}


def _luck(pays):
    """Luck that makes what pays pay, and nothing else."""
    return np.where(np.asarray(pays) > 0, 0.0, 1 - 1e-6)


def _bandit(golden, ob, dt):
    del ob, dt
    steps = golden["steps"]
    return {"luck": np.full(len(golden["conditions"]["p"]), _luck(steps["rewards"][0]))}


def _unit(angle, ob):
    """Unit of a ring, of two in the observation, that prefers an angle."""
    num = (ob.shape[1] - 1) // 2
    return round(angle / (2 * np.pi / num)) % num, num


def _of_modality(number):
    """Give the right direction and the other one, where what counts is one modality."""

    def given(golden, ob, dt):
        del dt
        drawn = golden["conditions"]
        (first, num), (second, _) = (_unit(drawn[f"theta{i}"], ob) for i in (1, 2))
        right, other = first, second
        if drawn[f"coh1_mod{number}"] < drawn[f"coh2_mod{number}"]:
            right, other = second, first
        return {"ground_truth": right, "offset": (other - right) % num}

    return given


def _sample_and_test(golden, ob, dt):
    del dt
    sample, num = _unit(golden["conditions"]["sample_theta"], ob)
    test = _unit(golden["conditions"]["test_theta"], ob)[0]
    half = num // 2
    return {"sample": sample, "test_place": (test % half + 0.5) / half}


# Conditions that NeuroGym draws without recording them, chosen so that its trial results: from a
# golden trial, its observation, and dt. A tie, or luck, decides only where the rest does not.
GIVEN: Mapping[str, Callable[..., Mapping[str, Any]]] = {
    "Bandit-v0": _bandit,
    "ChangingEnvironment-v0": lambda golden, ob, dt: {
        "context": (golden["conditions"]["ground_truth"] - 1) // 2
    },
    "DawTwoStep-v0": _two_step,
    "DelayMatchCategory-v0": _places_in_category,
    "DelayMatchSampleDistractor1D-v0": lambda golden, ob, dt: {
        "distractors": [golden["conditions"][f"test{i}"] for i in (1, 2, 3)]
    },
    "HierarchicalReasoning-v0": lambda golden, ob, dt: {
        "interval": shown_interval(golden, dt),
        "tie": 0,
    },
    "IntervalDiscrimination-v0": lambda golden, ob, dt: {
        "tie": golden["conditions"]["ground_truth"]
    },
    "ProbabilisticReasoning-v0": lambda golden, ob, dt: {
        "luck": _luck(golden["conditions"]["ground_truth"])
    },
    "PulseDecisionMaking-v0": lambda golden, ob, dt: {"tie": golden["conditions"]["ground_truth"]},
    "ToneDetection-v0": lambda golden, ob, dt: {"condition": golden["conditions"]["ground_truth"]},
    "yang19.ctxdlydm2-v0": _of_modality(2),
    "yang19.dm1-v0": _of_modality(1),
    "yang19.dms-v0": _sample_and_test,
    "yang19.dnmc-v0": _sample_and_test,
}
