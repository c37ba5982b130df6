"""Which tasks and configurations are recorded.

``kwargs`` are constructor arguments that both sides take. ``neurogym_kwargs`` are those that only
NeuroGym needs, ``our_kwargs`` those that choose NeuroGym's variant here; ``abort`` sets its
attribute of that name, and ``params.abort`` on our side.
"""


def _config(abort=False, neurogym_kwargs=None, our_kwargs=None, trials=2000, **kwargs):
    return {
        "kwargs": kwargs,
        "abort": abort,
        "neurogym_kwargs": neurogym_kwargs or {},
        "our_kwargs": our_kwargs or {},
        "trials": trials,
    }


_AUDIOVISUAL = {"session": {"v": 0.5, "a": 0.5}, "catch_prob": 0.5}
_PER_STEP = {"step_size": 0.05}  # of the hand, where it has a speed here
_AS_THERE = {"noise_on": "presented"}

CONFIGURATIONS = {
    "AnnubesEnv": [
        _config(neurogym_kwargs=_AUDIOVISUAL, our_kwargs=_AS_THERE),
        _config(
            **{**_AUDIOVISUAL, "catch_prob": 0.2},
            our_kwargs=_AS_THERE,
            dt=50,
            stim_time=600,
            intensities=[0.5, 0.9],
        ),
        _config(
            session={"v": 0.7, "a": 0.3},
            our_kwargs=_AS_THERE,
            catch_prob=0.3,
            fix_intensity=0.3,
            tau=50,
            iti=200,
        ),
    ],
    "AntiReach": [
        _config(),
        _config(dim_ring=8, anti=False, rewards={"fail": -0.3}),
        _config(dt=50, timing={"delay": ("uniform", (200, 600))}, abort=True),
    ],
    "Bandit": [
        _config(our_kwargs={"p": [0.5, 0.5]}),
        _config(n=3, p=[0.2, 0.5, 0.8], rewards=[1.0, 2.0, 0.5]),
    ],
    "CVLearning": [  # a stage each, which is not left: in 0 never forced, in 3 without a delay yet
        _config(stages=[0], max_num_reps=10_000),
        _config(stages=[1]),
        _config(stages=[2], dt=50, rewards={"fail": -0.5}, n_ch=4, abort=True),
        _config(stages=[3], trials_day=10_000, perf_len=5000),
        _config(stages=[4]),
        _config(stages=[4], dt=50, stim_scale=0.5, sigma=0.3, n_ch=2, timing={"delay": [300, 700]}),
    ],
    "ChangingEnvironment": [  # trials are independent only where every other one changes it
        _config(cxt_ch_prob=0.5),
        _config(cxt_ch_prob=0.5, dt=50, stim_scale=0.5, timing={"stimulus": 400}, abort=True),
    ],
    "ContextDecisionMaking": [
        _config(),
        _config(use_expl_context=True, dim_ring=4),
        _config(impl_context_modality=1, dt=50, sigma=0.5, timing={"delay": 200}, abort=True),
    ],
    "DawTwoStep": [
        _config(our_kwargs={"simplified": True}),
        _config(our_kwargs={"simplified": True}, rewards={"abort": -0.5, "correct": 2.0}),
    ],
    "DelayComparison": [
        _config(),
        _config(dt=50, sigma=0.3, timing={"delay": [300, 700]}, abort=True),
        _config(vpairs=[[20, 10], [40, 30]], rewards={"fail": -0.5}),
    ],
    "DelayMatchCategory": [
        _config(dim_ring=16),
        _config(dim_ring=8, dt=50, rewards={"fail": -1.0}),
        _config(dim_ring=4, sigma=0.2, timing={"first_delay": ("uniform", (400, 900))}, abort=True),
    ],
    "DelayMatchSample": [
        _config(),
        _config(dim_ring=8, dt=50, rewards={"fail": -1.0}),
        _config(sigma=0.2, timing={"delay": ("uniform", (400, 900))}, abort=True),
    ],
    "DelayMatchSampleDistractor1D": [
        _config(),
        _config(dt=50, timing={"delay2": 400}, rewards={"fail": -0.5}, abort=True),
    ],
    "DelayPairedAssociation": [
        _config(),
        _config(timing={"fixation": 300, "stim1": 400}, rewards={"miss": -0.4}, abort=True),
    ],
    "DualDelayMatchSample": [
        _config(),
        _config(dt=50, sigma=0.4, timing={"delay1": [200, 600]}, rewards={"fail": -1.0}),
    ],
    "EconomicDecisionMaking": [
        _config(),
        _config(dt=50, timing={"fixation": 400}, rewards={"correct": 1.1, "abort": -0.4}),
    ],
    "GoNogo": [
        _config(),
        _config(dt=50, timing={"fixation": 300, "delay": [200, 400]}, rewards={"miss": -0.1}),
    ],
    "HierarchicalReasoning": [_config(), _config(dt=10, trials=600, rewards={"fail": -0.5})],
    "IntervalDiscrimination": [
        _config(),
        _config(dt=20, timing={"delay2": 200}, rewards={"fail": -0.5}, abort=True),
    ],
    "MotorTiming": [
        _config(),
        _config(dt=50, prod_margin=0.4),
        _config(dt=20, timing={"cue": 400}, rewards={"fail": -0.3}, abort=True),
    ],
    "MultiSensoryIntegration": [
        _config(),
        _config(dim_ring=4, dt=50, sigma=0.3, abort=True),
        _config(timing={"stimulus": [300, 600]}, rewards={"abort": -0.4}),
    ],
    "Null": [_config(trials=50), _config(trials=50, dt=50)],
    "OneTwoThreeGo": [
        _config(),
        _config(dt=20, trials=800, prod_margin=0.4, timing={"fixation": 300}),
    ],
    "PerceptualDecisionMaking": [
        _config(),
        _config(dim_ring=4, cohs=[10.0, 30.0, 90.0], sigma=0.5),
        _config(dt=50, timing={"stimulus": ("uniform", (500, 1500)), "delay": 300}, abort=True),
        _config(
            timing={"delay": ("truncated_exponential", [300, 100, 1000]), "fixation": [200, 400]},
            rewards={"abort": -0.5, "correct": 2.0, "fail": -1.0},
        ),
    ],
    "PerceptualDecisionMakingDelayResponse": [
        _config(),
        _config(stim_scale=0.5, sigma=0.3, timing={"fixation": 300, "delay": 500}, abort=True),
        _config(dt=50, trials=1000, rewards={"fail": -0.5}),
    ],
    "PostDecisionWager": [
        _config(),
        _config(dt=50, sigma=0.3, rewards={"correct": 2.0, "fail": -0.5}),
        _config(timing={"fixation": 300, "stimulus": 400}, abort=True),
    ],
    "ProbabilisticReasoning": [
        _config(),
        _config(shape_weight=[-1.0, -0.5, 0.5, 1.0], n_loc=3, dt=50, rewards={"fail": -0.5}),
    ],
    "PulseDecisionMaking": [
        _config(trials=800),
        _config(trials=800, n_bin=3, p_pulse=[0.1, 0.6], timing={"fixation": 200}),
    ],
    "Reaching1D": [
        _config(),
        _config(our_kwargs=_PER_STEP, dim_ring=8, dt=50, timing={"reach": 800}),
    ],
    "Reaching1DWithSelfDistraction": [
        _config(),
        _config(our_kwargs=_PER_STEP, dt=50, rewards={"fail": -0.5}),
    ],
    "ReachingDelayResponse": [
        _config(),
        _config(dt=50, lowbound=0.2, highbound=0.6, timing={"delay": [200, 600]}),
        _config(rewards={"miss": -1.0, "abort": -0.3}),
    ],
    "ReadySetGo": [
        _config(),
        _config(dt=20, trials=800, prod_margin=0.4),
        _config(gain=1.5, timing={"fixation": 300}, abort=True),
    ],
    "SpatialSuppressMotion": [_config(trials=500), _config(trials=500, dt=10)],
    "ToneDetection": [_config(), _config(dt=25, sigma=0.5)],
    "yang19.ctxdlydm2": [_config(), _config(timing={"delay": [300, 700]}, sigma=0.3, dim_ring=4)],
    "yang19.dlyanti": [_config(), _config(dim_ring=6, dt=50, rewards={"fail": -0.5})],
    "yang19.dm1": [_config(), _config(cohs=[0.1, 0.5], dim_ring=4, rewards={"abort": -0.4})],
    "yang19.dms": [_config(trials=1000)],
    "yang19.dnmc": [_config(trials=1000), _config(dim_ring=6, dt=50, sigma=0.3, abort=True)],
    "yang19.rtgo": [_config(dim_ring=8, timing={"fixation": 300})],
}

# Tasks that remember something from trial to trial, and how many trials in a row are recorded.
SESSIONS = {
    "AnnubesEnv": [
        _config(
            **{**_AUDIOVISUAL, "catch_prob": 0.3},
            our_kwargs=_AS_THERE,
            max_sequential=2,
            trials=20_000,
        ),
        _config(
            **{**_AUDIOVISUAL, "catch_prob": 0.3},
            our_kwargs=_AS_THERE,
            max_sequential={"v": 1, "catch": 2},
            trials=5000,
        ),
    ],
    "DawTwoStep": [_config(our_kwargs={"simplified": True}, trials=100_000)],
    "HierarchicalReasoning": [_config(trials=20_000)],
}
