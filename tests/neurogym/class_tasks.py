"""Tasks as NeuroGym's users write them, here with this package's import."""

import gymnasium
import numpy as np

import jaxgym_neuro.neurogym as ngym
from jaxgym_neuro.neurogym.core import TrialEnv


class Sign(TrialEnv):
    """One step a trial: is the number that was shown above 0? Shown in `_step`, one trial early."""

    def __init__(self):
        super().__init__()
        self.observation_space = gymnasium.spaces.Box(-1.0, 1.0, shape=(1,))
        self.action_space = gymnasium.spaces.Discrete(2)
        self.upcoming = np.zeros(1)

    def _post_init(self):
        super()._post_init(allow_empty_timing=True)

    def _new_trial(self):
        shown, self.upcoming = self.upcoming, self.rng.uniform(-1, 1, size=(1,))
        return {"ground_truth": int(shown[0] > 0)}

    def _step(self, action):
        reward = float(action == self.trial["ground_truth"])
        return self.upcoming, reward, False, False, {"new_trial": True}


class SignInPeriods(TrialEnv):
    """The number is shown for half a second, and the answer counts in another one."""

    def __init__(self, dt=100, timing=None):
        super().__init__(dt=dt)
        self.timing = {"stimulus": 500, "decision": 500}
        self.timing.update(timing or {})
        self.observation_space = gymnasium.spaces.Box(-1.0, 1.0, shape=(1,))
        self.action_space = gymnasium.spaces.Discrete(2)

    def _new_trial(self):
        self.add_period(["stimulus", "decision"])
        number = self.rng.uniform(-1, 1, size=(1,))
        return {"stimulus": number, "ground_truth": int(number[0] > 0)}

    def _step(self, action):
        ob, reward = np.zeros(1), 0.0
        if self.in_period("stimulus"):
            ob = self.trial["stimulus"]
        else:
            reward = float(action == self.trial["ground_truth"])
        return ob, reward, False, False, {"new_trial": False}


class SignByName(TrialEnv):
    """The same with named channels and actions, its arrays made with the trial."""

    def __init__(self, dt=100, timing=None):
        super().__init__(dt=dt)
        self.timing = {"stimulus": 500, "decision": 500}
        self.timing.update(timing or {})
        names = {"fixation": 0, "stimulus": 1}
        self.observation_space = ngym.spaces.Box(-1.0, 1.0, shape=(2,), name=names)
        self.action_space = ngym.spaces.Discrete(3, name={"fixation": 0, "choice": [1, 2]})

    def _new_trial(self):
        self.add_period(["stimulus", "decision"])
        number = self.rng.uniform(-1, 1, size=(1,))
        self.add_ob(1, period="stimulus", where="fixation")
        self.add_ob(number, period="stimulus", where="stimulus")
        answer = int(number[0] > 0)
        self.set_groundtruth(answer, period="decision", where="choice")
        return {"stimulus": number, "ground_truth": answer}

    def _step(self, action):
        reward = (action == self.gt_now) * 1.0
        return self.ob_now, reward, False, False, {"new_trial": False}


class Motion(TrialEnv):
    """Perceptual decision making: which of the stimuli is stronger, in noise?"""

    metadata = {"paper_name": "A title", "tags": ["perceptual", "two-alternative"]}

    def __init__(self, dt=100, rewards=None, timing=None, sigma=1.0, dim_ring=2, abort=False):
        super().__init__(dt=dt)
        self.cohs = np.array([0, 6.4, 12.8, 25.6, 51.2])
        self.sigma = sigma / np.sqrt(self.dt)
        self.rewards = {"abort": -0.1, "correct": 1.0, "fail": 0.0}
        self.rewards.update(rewards or {})
        self.timing = {"fixation": 100, "stimulus": 2000, "delay": 0, "decision": 100}
        self.timing.update(timing or {})
        self.abort = abort
        self.theta = np.linspace(0, 2 * np.pi, dim_ring + 1)[:-1]
        self.choices = np.arange(dim_ring)
        options = range(1, dim_ring + 1)
        self.observation_space = ngym.spaces.Box(
            -np.inf,
            np.inf,
            shape=(1 + dim_ring,),
            dtype=np.float32,
            name={"fixation": 0, "stimulus": options},
        )
        self.action_space = ngym.spaces.Discrete(
            1 + dim_ring, name={"fixation": 0, "choice": options}
        )

    def _new_trial(self, **kwargs):
        trial = {
            "ground_truth": self.rng.choice(self.choices),
            "coh": self.rng.choice(self.cohs),
        }
        trial.update(kwargs)
        answer = trial["ground_truth"]
        self.add_period(["fixation", "stimulus", "delay", "decision"])
        self.add_ob(1, period=["fixation", "stimulus", "delay"], where="fixation")
        strength = np.cos(self.theta - self.theta[answer]) * (trial["coh"] / 200) + 0.5
        self.add_ob(strength, "stimulus", where="stimulus")
        self.add_randn(0, self.sigma, "stimulus", where="stimulus")
        self.set_groundtruth(answer, period="decision", where="choice")
        return trial

    def _step(self, action):
        new_trial, reward, gt = False, 0, self.gt_now
        if self.in_period("fixation"):
            if action != 0:
                new_trial = self.abort
                reward += self.rewards["abort"]
        elif self.in_period("decision") and action != 0:
            new_trial = True
            if action == gt:
                reward += self.rewards["correct"]
                self.performance = 1
            else:
                reward += self.rewards["fail"]
        return self.ob_now, reward, False, False, {"new_trial": new_trial, "gt": gt}


TASKS = (Sign, SignInPeriods, SignByName, Motion)
