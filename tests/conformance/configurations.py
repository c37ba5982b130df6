"""Constructor arguments beside the defaults, for every task: other steps, rings, timing, rewards.

Between them they use every argument that a task has. Of families of tasks there is a sample, see
`task_ids`.
"""

_UNIFORM, _EXPONENTIAL = ("uniform", (100, 300)), ("truncated_exponential", [300, 100, 600])

CONFIGURATIONS = {
    "AngleReproduction-v0": [
        {"dim_ring": 5, "dt": 50, "speed": 1.0, "rewards": {"fail": -0.5}, "abort": True},
        {"timing": {"delay1": _UNIFORM, "go1": 300}, "start_angle": 1.0, "cost_of_distance": 0.35},
    ],
    "AnnubesEnv-v0": [
        {
            "session": {"v": 0.5, "a": 0.3, ("a", "v"): 0.2},
            "catch_prob": 0.3,
            "intensities": {"v": [0.4, 0.8], "a": [0.9]},
            "max_sequential": {"v": 2, "a": 3},
            "stim_time": 400,
            "fix_intensity": 0.2,
            "fix_time": _UNIFORM,
            "iti": 100,
            "dt": 50,
            "tau": 60,
            "noise_std": 0.05,
            "rewards": {"abort": -0.2},
            "abort": True,
        },
        {"session": {"v": 1}, "noise_on": "presented"},
        {"session": {"v": 1}, "output_behavior": [0, 0.5, 1], "timing": {"stimulus": 300}},
    ],
    "AntiReach-v0": [
        {"dim_ring": 5, "anti": False, "dt": 50, "rewards": {"fail": -0.5}, "abort": True},
        {"timing": {"stimulus": _EXPONENTIAL, "delay": [0, 200]}, "cue": True, "p_anti": 0.3},
    ],
    "Bandit-v0": [
        {"n": 3, "p": [0.2, 0.5, 0.9], "rewards": [1.0, 2.0, 0.5]},
        {"dt": 20, "timing": {}, "n": 4, "drift": 0.05, "reversals": (2, 5), "baited": True},
        {"draw": "correlated", "trials_per_episode": 3},
    ],
    "CVLearning-v0": [
        {
            "dt": 50,
            "stim_scale": 0.5,
            "sigma": 0.3,
            "cohs": [10, 30],
            "max_num_reps": 2,
            "keep_days": 0,
            "trials_day": 6,
            "perf_len": 3,
            "n_ch": 3,
            "timing": {"stimulus": 300, "delay": _UNIFORM, "decision": 200},
            "rewards": {"fail": -0.5},
            "abort": True,
            "enforce": "fixation",
        },
        {"stages": [3, 4], "th_stage": -1, "n_ch": 2},
    ],
    "ChangingEnvironment-v0": [
        {
            "dt": 50,
            "cxt_cue": True,
            "cohs": [10, 30],
            "stim_scale": 0.5,
            "sigma": 0.3,
            "cxt_ch_prob": 0.3,
            "timing": {"stimulus": 300},
            "rewards": {"fail": -0.5},
            "abort": True,
        },
        {"block_dur": (2, 5), "enforce": "until_cue"},
    ],
    "ContextDecisionMaking-v0": [
        {"use_expl_context": True, "dim_ring": 3, "dt": 50, "timing": {"delay": 200}},
        {"impl_context_modality": 1, "sigma": 0.3, "rewards": {"abort": -1.0}, "abort": True},
    ],
    "ContextSwitch-v0": [
        {"dt": 50, "p_switch": 0.5, "rewards": {"fail": -0.5}, "timing": {}},
    ],
    "DawTwoStep-v0": [
        {"simplified": True, "dt": 50, "rewards": {"correct": 2.0}},
        {"reward_schedule": "switch", "p_common": 0.9, "timing": {}},
        {"starts": 2, "drift": 0.2, "p_min": 0.0, "p_max": 1.0, "trials_per_episode": 4},
    ],
    "DelayComparison-v0": [
        {"vpairs": [[10, 20], [40, 30]], "dt": 50, "timing": {"delay": _UNIFORM}, "abort": True},
        {"sigma": 0.2, "rewards": {"fail": -0.5}},
    ],
    "DelayMatchCategory-v0": [
        {
            "dim_ring": 8,
            "dt": 50,
            "sigma": 0.2,
            "rewards": {"fail": -0.5},
            "abort": True,
            "second_test": True,
        },
        {"timing": {"first_delay": [200, 400]}, "num_directions": 6},
    ],
    "DelayMatchSample-v0": [
        {"dim_ring": 6, "dt": 50, "sigma": 0.2, "rewards": {"fail": -0.5}, "abort": True},
        {"timing": {"delay": _EXPONENTIAL, "fixation": 0}, "distance": 0.5},
    ],
    "DelayMatchSampleDistractor1D-v0": [
        {
            "dt": 50,
            "sigma": 0.2,
            "timing": {"sample": 200, "delay1": 200, "delay2": _UNIFORM, "delay3": 200},
            "rewards": {"fail": -0.5},
            "abort": True,
        },
        {"min_distance": 0.5, "p_repeat": 0.5},
    ],
    "DelayPairedAssociation-v0": [
        {"dt": 50, "sigma": 0.2, "timing": {"delay_btw_stim": _UNIFORM}, "rewards": {"miss": -1}},
        {"abort": True, "enforce": "until_cue", "dual": True},
    ],
    "Detection-v0": [
        {"dt": 50, "delay": 200, "stim_dur": 150, "rewards": {"miss": -0.5}, "abort": True},
        {"sigma": 0.1, "timing": {"stimulus": 700}, "amplitudes": [0.1, 0.4]},
    ],
    "DualDelayMatchSample-v0": [
        {"dt": 50, "sigma": 0.2, "timing": {"delay1": [200, 400]}, "rewards": {"fail": -0.5}},
        {"abort": True, "p_switch": 0.5},
    ],
    "EconomicDecisionMaking-v0": [
        {"dt": 50, "offers": [(0, 1), (2, 1), (3, 2)], "b_to_a": 0.4, "timing": {"fixation": 300}},
        {"rewards": {"correct": 2.0}, "abort": True},
    ],
    "GoNogo-v0": [
        {
            "dt": 50,
            "p_go": 0.8,
            "timing": {"delay": [100, 300]},
            "rewards": {"miss": -0.1},
            "abort": True,
            "enforce": "until_cue",
        },
    ],
    "HierarchicalReasoning-v0": [
        {"dt": 50, "timing": {"fixation": _UNIFORM}, "rewards": {"fail": -0.5}, "abort": True},
    ],
    "IntervalDiscrimination-v0": [
        {"dt": 50, "timing": {"delay1": 200, "delay2": 100}, "rewards": {"fail": -1}},
        {"dt": 100, "weber": 0.15, "abort": True},
    ],
    "LeverPress-v0": [
        {"dt": 50, "n_press": 2, "signal_prob": 0.8, "rewards": {"early": -0.5}, "timing": {}},
    ],
    "LeverPressWithPoke-v0": [
        {"dt": 50, "n_press": 2, "observe_state": True, "rewards": {"correct": 2}, "timing": {}},
    ],
    "LeverPressWithPokeRest-v0": [
        {"dt": 50, "n_press": 2, "observe_state": True, "rewards": {"effort": -0.2}, "timing": {}},
    ],
    "MatchingPenny-v0": [
        {
            "dt": 50,
            "opponent_type": "random",
            "learning_rate": 0.5,
            "rewards": {"fail": -0.5},
            "timing": {},
        },
    ],
    "MemoryRecall-v0": [
        {"dt": 50, "stim_dim": 3, "t_min": 6, "t_max": 8, "p_recall": 0.4, "balanced": False},
        {
            "t_max": None,
            "chance": 0.6,
            "rewards": {"fail": -0.5},
            "timing": {},
            "store_signal_dim": 1,
            "t_distribution": "uniform",
        },
    ],
    "MotorTiming-v0": [
        {
            "dt": 50,
            "intervals": [300, 500, 900],
            "prod_margin": 0.4,
            "timing": {"cue": 200},
            "two_movements": True,
        },
        {"rewards": {"fail": -0.5}, "weber": 0.15, "abort": True},
    ],
    "MultiSensoryIntegration-v0": [
        {"dim_ring": 4, "dt": 50, "sigma": 0.3, "timing": {"stimulus": [300, 600]}},
        {"rewards": {"correct": 2.0}, "abort": True},
        {
            "cohs": [10, 30],
            "modalities": [0.5, 0.25, 0.25],
            "coh_prop_range": [0.4, 0.6],
            "conflicts": [-8, 8],
            "unreliability": [1, 2],
        },
    ],
    "Null-v0": [{"dt": 50, "timing": {"wait": 500}}],
    "OneTwoThreeGo-v0": [
        {"dt": 50, "prod_margin": 0.4, "timing": {"target": _UNIFORM}, "rewards": {"fail": -0.5}},
        {"weber": 0.15, "abort": True},
    ],
    "PerceptualDecisionMaking-v0": [
        {"dt": 20, "stim_scale": 0.5, "sigma": 0.5, "abort": True},
        {"dim_ring": 16, "cohs": [51.2], "rewards": {"fail": -1}},
        {
            "timing": {
                "fixation": _UNIFORM,
                "stimulus": _EXPONENTIAL,
                "delay": [0, 100, 200],
                "decision": ("until", 1200),
            }
        },
    ],
    "PerceptualDecisionMakingDelayResponse-v0": [
        {
            "dt": 50,
            "stim_scale": 0.5,
            "sigma": 0.3,
            "timing": {"delay": 300},
            "abort": True,
            "enforce": "until_cue",
        },
        {"rewards": {"fail": -0.5}, "timing": {"stimulus": 400, "delay": [100, 500]}},
    ],
    "PostDecisionWager-v0": [
        {"dim_ring": 4, "dt": 50, "sigma": 0.3, "timing": {"pre_sure": _UNIFORM}, "abort": True},
        {"rewards": {"correct": 2.0, "fail": -0.5}},
    ],
    "ProbabilisticReasoning-v0": [
        {"shape_weight": [-1.0, -0.5, 0.5, 1.0], "n_loc": 3, "dt": 50, "rewards": {"fail": -0.5}},
        {"timing": {"delay": [100, 300]}, "abort": True},
    ],
    "PulseDecisionMaking-v0": [
        {"n_bin": 3, "p_pulse": [0.1, 0.6], "timing": {"fixation": 200, "bin1": 100}},
        {"dt": 50, "n_bin": 2, "rewards": {"fail": -0.5}, "abort": True},
        {"dt": 50, "n_bin": 4, "fewest_bins": 2, "sigma": 0.5},
    ],
    "RandomDotMotion-v0": [
        {
            "dt": 20,
            "size": (8, 12),
            "num_dots": 5,
            "noise_dots": "position",
            "num_sets": 3,
            "dim_ring": 4,
            "cohs": [10, 30],
            "stim_scale": 2,
            "dot_life": 0,
            "timing": {"stimulus": _UNIFORM},
            "rewards": {"fail": -0.5},
            "abort": True,
        },
        {
            "size": (16, 16),
            "speed": 5,
            "aperture": 4,
            "contrast": 0.3,
            "dot_size": 0.5,
            "fixation_size": 0.2,
            "view": 5,
            "enforce": "until_cue",
        },
    ],
    "Reaching1D-v0": [
        {"dim_ring": 8, "dt": 50, "step_size": 0.2, "timing": {"reach": 300}, "abort": True},
        {"speed": 3.0, "start_angle": 1.0, "cost_of_distance": 0.35, "rewards": {"fail": -0.5}},
    ],
    "Reaching1DWithSelfDistraction-v0": [
        {"dim_ring": 8, "dt": 50, "step_size": 0.2, "gain": 0.5, "timing": {"reach": 300}},
        {"speed": 3.0, "start_angle": 1.0, "cost_of_distance": 0.35, "abort": True},
    ],
    "ReachingDelayResponse-v0": [
        {"lowbound": 0.2, "highbound": 0.6, "dt": 50, "timing": {"delay": [200, 600]}},
        {"rewards": {"miss": -1.0}, "error_scale": 0.1, "abort": True},
    ],
    "ReadySetGo-v0": [
        {"gain": 1.5, "dt": 50, "prod_margin": 0.4, "timing": {"measure": [400, 600]}},
        {
            "gain": (1.0, 1.5),
            "priors": ((480, 640), (800, 1000), (1200, 1400)),
            "prior_switch": 0.1,
            "weber": 0.15,
            "rewards": {"fail": -0.5},
            "abort": True,
        },
    ],
    "SpatialSuppressMotion-v0": [
        {"dt": 20, "rewards": {"correct": 2.0}},
        {"timing": {"stimulus": 200}},
    ],
    "SpatialSuppressMotionPixels-v0": [
        {
            "dt": 20,
            "size": (6, 8),
            "diameters": (2, 8),
            "frequency": 0.5,
            "speed": 8,
            "view": 8,
            "timing": {"stimulus": 200},
            "rewards": {"correct": 2.0},
        },
    ],
    "ToneDetection-v0": [
        {"dt": 25, "sigma": 0.5, "timing": {"stimulus": 1000, "toneTiming": [200, 500, 800]}},
        {"dt": 20, "rewards": {"fail": -0.5}, "amplitudes": [0.5, 1.0]},
    ],
    "driscoll24.MemoryAnti-v0": [
        {
            "dt": 50,
            "sigma": 0.5,
            "tolerance": 1.0,
            "timing": {"memory1": _EXPONENTIAL, "stimulus1": 300},
            "rewards": {"fail": -0.5},
            "abort": True,
        },
    ],
    "driscoll24.ReactNonMatch2Sample-v0": [
        {
            "dt": 50,
            "sigma": 0.5,
            "tolerance": 1.0,
            "timing": {"memory1": [0, 200], "stimulus1": 300},
            "rewards": {"miss": -0.5, "withheld": 0.5},
        },
    ],
    "VisualSearch-v0": [
        {
            "dt": 50,
            "size": (6, 8),
            "target_centers": [(0.5, 0), (-0.5, 0), (0, 0.5)],
            "search": "angle",
            "set_sizes": (1, 3),
            "p_present": 0.5,
            "delta_angle": 0.5,
            "timing": {"delay": _UNIFORM},
            "rewards": {"fail": -0.5},
            "abort": True,
        },
        {
            "size": (8, 8),
            "search": "color",
            "delta_color": (0.5, 0, -0.5),
            "darkest": 0.5,
            "length": 0.2,
            "line_width": 0.1,
            "tolerance": 0.2,
        },
    ],
    "modcog.dmcintlseqr-v0": [
        {"dt": 50, "dim_ring": 6, "timing": {"delay": _EXPONENTIAL}, "rewards": {"fail": -0.5}},
    ],
    "perceptualdecisionmaking.ibl20-v0": [
        {
            "dt": 50,
            "rewards": {"fail": -0.5},
            "timing": {"stimulus": 300},
            "cohs": [25.6],
            "stim_scale": 0.5,
            "sigma": 0.5,
            "abort": True,
            "probs": [[0.7, 0.3], [0.4, 0.6], [0.1, 0.9]],
            "block_dur": 0.2,
        },
    ],
    "perceptualdecisionmaking.roitman02-v0": [
        {
            "dt": 50,
            "rewards": {"fail": -0.5},
            "timing": {"stimulus": _UNIFORM, "delay": 200, "decision": 400},
            "cohs": [25.6],
            "stim_scale": 0.5,
            "sigma": 0.5,
            "dim_ring": 4,
            "abort": True,
            "urgency": -0.01,
        },
    ],
    "priors.priors_v0-v0": [
        {
            "dt": 50,
            "rewards": {"fail": -0.5},
            "timing": {"stimulus": 300},
            "n_ch": 5,
            "cohs": [25.6],
            "stim_scale": 0.5,
            "sigma": 0.5,
            "block_nch": 2,
            "probs": 0.7,
            "num_contexts": 2,
            "ctx_dur": 2,
            "death_prob": 0.2,
            "abort": True,
        },
    ],
    "yang19.ctxdlydm2-v0": [
        {
            "dt": 50,
            "dim_ring": 5,
            "cohs": [0.2, 0.9],
            "sigma": 0.5,
            "timing": {"delay": _UNIFORM},
            "rewards": {"fail": -0.5},
            "abort": True,
        },
    ],
    "yang19.dlyanti-v0": [
        {
            "dt": 50,
            "dim_ring": 5,
            "timing": {"delay": [0, 200]},
            "rewards": {"fail": -0.5},
            "enforce": "until_cue",
        },
    ],
    "yang19.dnmc-v0": [
        {
            "dt": 50,
            "dim_ring": 6,
            "sigma": 0.5,
            "timing": {"delay": _EXPONENTIAL},
            "rewards": {"fail": -0.5, "withheld": 0.5},
            "abort": True,
        },
    ],
}
