"""What the tables of the tasks do not say: a title, what a task probes, and why to take it.

A task that is registered by itself has its line in `TASKS`; those of a family follow from their
names (`of`).
"""

import dataclasses

# What a task may probe, in the order of the page, and the question that one brings to it.
PROBES = {
    "evidence": "How is noisy evidence gathered, and when is there enough of it?",
    "memory": "What is kept over a delay in which nothing is shown?",
    "timing": "How is an interval measured, or produced?",
    "value": "How are options weighed that differ in what they pay?",
    "learning": "What is learned over trials from choices and their outcomes?",
    "context": "How does a rule, shown or to be inferred, change what a stimulus asks for?",
    "inhibition": "How is a response withheld, or turned against what is seen?",
    "attention": "How is one thing followed among others that must not count?",
    "confidence": "How sure is the subject of its own decision?",
    "motor": "How is a movement, or a sequence of actions, made?",
    "control": "What does a network or a program do where there is nothing to do?",
}


@dataclasses.dataclass(frozen=True)
class About:
    """Words about a task.

    Attributes:
        title: as a person would call it.
        probes: what it probes, each of `PROBES`; the first is what it is taken for above all.
        why: why one would take it, in a line; "" for a task of a family.
    """

    title: str
    probes: tuple[str, ...]
    why: str = ""


TASKS = {
    "AngleReproduction-v0": About(
        "Reproduction of two angles",
        ("memory", "motor"),
        "two things in memory, and a report of both by a hand that is steered",
    ),
    "AnnubesEnv-v0": About(
        "Multisensory detection",
        ("evidence",),
        "how senses and catch trials share a session is an argument",
    ),
    "AntiReach-v0": About(
        "Anti-reach", ("inhibition", "motor"), "the smallest task that is against a reflex"
    ),
    "Bandit-v0": About(
        "Bandit",
        ("learning", "value"),
        "meta-learning: stationary, restless, reversing or baited arms in one step per trial",
    ),
    "CVLearning-v0": About(
        "Delayed choice in five stages",
        ("evidence", "memory"),
        "a curriculum: which stage of shaping is needed for the next",
    ),
    "ChangingEnvironment-v0": About(
        "Motion in a changing environment",
        ("context", "evidence", "learning"),
        "was an error for want of evidence, or has the context changed?",
    ),
    "ContextDecisionMaking-v0": About(
        "Context-dependent decision",
        ("context", "evidence", "attention"),
        "the standard task of line attractors and of selection by a cue",
    ),
    "ContextSwitch-v0": About(
        "Hidden switches of a rule",
        ("context", "learning"),
        "inference of a hidden rule with trials of one step: the fastest of its kind",
    ),
    "DawTwoStep-v0": About(
        "Two-step task",
        ("value", "learning"),
        "tells planning (model-based) from habit (model-free)",
    ),
    "DelayComparison-v0": About(
        "Comparison of two vibrations",
        ("memory", "evidence"),
        "parametric working memory: a quantity is kept, not a category",
    ),
    "DelayMatchCategory-v0": About(
        "Delayed match to category",
        ("memory", "context"),
        "what is kept is the category, and not the direction that was seen",
    ),
    "DelayMatchSample-v0": About(
        "Delayed match to sample",
        ("memory",),
        "the standard task of working memory, learned in seconds",
    ),
    "DelayMatchSampleDistractor1D-v0": About(
        "Match to sample with distractors",
        ("memory", "attention", "inhibition"),
        "a memory that has to outlast other stimuli; `ABBA` repeats a distractor",
    ),
    "DelayPairedAssociation-v0": About(
        "Paired association of odours",
        ("memory", "inhibition"),
        "pairs of stimuli that are learned, with a go or no-go response",
    ),
    "Detection-v0": About(
        "Detection in noise",
        ("evidence", "inhibition"),
        "hits and false alarms, at any time: signal detection theory",
    ),
    "DualDelayMatchSample-v0": About(
        "Two items and retro-cues",
        ("memory", "attention"),
        "what becomes of an item that is not cued, but will be needed",
    ),
    "EconomicDecisionMaking-v0": About(
        "Choice between juices",
        ("value",),
        "indifference points, and units that code offers, choices or values",
    ),
    "GoNogo-v0": About(
        "Go/no-go",
        ("inhibition",),
        "the smallest task of withholding; `prepotent` makes it hard to withhold",
    ),
    "HierarchicalReasoning-v0": About(
        "Hierarchical reasoning",
        ("context", "timing", "confidence"),
        "confidence in one trial decides whether the rule is to blame for an error",
    ),
    "IntervalDiscrimination-v0": About(
        "Interval discrimination",
        ("timing", "memory"),
        "two durations are compared; whether the first alone decides is an argument",
    ),
    "LeverPress-v0": About(
        "Lever presses",
        ("motor", "learning"),
        "sequences of actions of an animal that moves freely, without a cue for each",
    ),
    "LeverPressWithPoke-v0": About(
        "Lever presses and a poke",
        ("motor", "learning"),
        "when is the sequence long enough to collect what it earns?",
    ),
    "LeverPressWithPokeRest-v0": About(
        "Lever presses, pokes and rest",
        ("motor", "value", "learning"),
        "effort against thirst: an inner state that makes rewards worth more or less",
    ),
    "MatchingPenny-v0": About(
        "Matching pennies",
        ("learning", "value"),
        "a game against an opponent who exploits habits",
    ),
    "MemoryRecall-v0": About(
        "Recall of marked patterns",
        ("memory", "attention"),
        "capacity: several patterns, of which the marked ones are completed from parts",
    ),
    "MotorTiming-v0": About(
        "Cued intervals",
        ("timing", "motor"),
        "temporal scaling: one trajectory at two speeds",
    ),
    "MultiSensoryIntegration-v0": About(
        "Multisensory integration",
        ("evidence",),
        "is the weight of a cue its reliability? thresholds of one sense and of two",
    ),
    "Null-v0": About(
        "Nothing", ("control",), "the cost of everything that is not the task, in benchmarks"
    ),
    "OneTwoThreeGo-v0": About(
        "One, two, three, go",
        ("timing",),
        "an interval measured twice and produced: does the second measurement help?",
    ),
    "PerceptualDecisionMaking-v0": About(
        "Random-dot motion",
        ("evidence",),
        "the standard task of evidence accumulation; its psychometric curve is known exactly",
    ),
    "PerceptualDecisionMakingDelayResponse-v0": About(
        "Decision and delayed response",
        ("memory", "evidence"),
        "a choice that is kept over a delay of unknown length: discrete attractors",
    ),
    "PostDecisionWager-v0": About(
        "Post-decision wager",
        ("confidence", "evidence"),
        "a sure bet in some trials shows how confident a decision was",
    ),
    "ProbabilisticReasoning-v0": About(
        "Probabilistic reasoning with shapes",
        ("evidence", "learning"),
        "evidence of known weights: each shape is so much log odds",
    ),
    "PulseDecisionMaking-v0": About(
        "Counting pulses on two sides",
        ("evidence",),
        "evidence comes at known times, so that noise, leak and adaptation can be told apart",
    ),
    "RandomDotMotion-v0": About(
        "Random-dot motion as a film",
        ("evidence",),
        "the same decision from pixels, dot by dot as in the laboratory",
    ),
    "Reaching1D-v0": About(
        "Reach to an angle",
        ("motor",),
        "the smallest task in a closed loop: the hand is seen where it was moved",
    ),
    "Reaching1DWithSelfDistraction-v0": About(
        "Reach beside a bright hand",
        ("motor", "attention"),
        "the own hand is brighter than the target",
    ),
    "ReachingDelayResponse-v0": About(
        "Delayed pointing",
        ("memory", "motor"),
        "continuous actions: go and position, after a delay",
    ),
    "ReadySetGo-v0": About(
        "Ready, set, go",
        ("timing",),
        "an interval is measured and produced: Bayesian bias towards the mean, and gains",
    ),
    "SpatialSuppressMotion-v0": About(
        "Spatial suppression of motion",
        ("evidence",),
        "a target that is what people see, and not what is right",
    ),
    "SpatialSuppressMotionPixels-v0": About(
        "Spatial suppression of a drifting plaid",
        ("evidence",),
        "the same from pixels, for networks that see",
    ),
    "ToneDetection-v0": About(
        "Tones in noise",
        ("evidence",),
        "detection of what comes at one of three times; one channel",
    ),
    "VisualSearch-v0": About(
        "Visual search",
        ("attention", "memory"),
        "search for a conjunction, or for what pops out, from pixels",
    ),
    "perceptualdecisionmaking.ibl20-v0": About(
        "Decision with blocks of a prior",
        ("evidence", "learning"),
        "a prior that is inferred over trials, as in the task of the IBL",
    ),
    "perceptualdecisionmaking.roitman02-v0": About(
        "Random-dot motion with free response",
        ("evidence", "timing"),
        "speed and accuracy: reaction times, bounds and urgency",
    ),
    "priors.priors_v0-v0": About(
        "Priors of the history of trials",
        ("learning", "evidence", "context"),
        "expectation from what was right before, as networks were pretrained to explain rats",
    ),
}

_REACH, _ANTI = ("motor",), ("inhibition", "motor")
# Of the twenty of yang19, on which Mod-Cog builds.
_YANG19 = {
    "go": About("Reach", _REACH),
    "rtgo": About("Reach at once", _REACH),
    "dlygo": About("Delayed reach", ("memory", *_REACH)),
    "anti": About("Anti-reach", _ANTI),
    "rtanti": About("Anti-reach at once", _ANTI),
    "dlyanti": About("Delayed anti-reach", ("memory", *_ANTI)),
    "dm1": About("Decision in modality 1", ("evidence",)),
    "dm2": About("Decision in modality 2", ("evidence",)),
    "ctxdm1": About("Decision by modality 1 of two", ("context", "evidence", "attention")),
    "ctxdm2": About("Decision by modality 2 of two", ("context", "evidence", "attention")),
    "multidm": About("Decision by both modalities", ("evidence",)),
    "dlydm1": About("Delayed comparison in modality 1", ("memory", "evidence")),
    "dlydm2": About("Delayed comparison in modality 2", ("memory", "evidence")),
    "ctxdlydm1": About(
        "Delayed comparison by modality 1 of two", ("memory", "context", "attention")
    ),
    "ctxdlydm2": About(
        "Delayed comparison by modality 2 of two", ("memory", "context", "attention")
    ),
    "multidlydm": About("Delayed comparison by both modalities", ("memory", "evidence")),
    "dms": About("Match to sample", ("memory", "inhibition")),
    "dnms": About("Non-match to sample", ("memory", "inhibition")),
    "dmc": About("Match to category", ("memory", "context", "inhibition")),
    "dnmc": About("Non-match to category", ("memory", "context", "inhibition")),
}
_DRISCOLL24 = {
    "DelayPro": About("Response after a stimulus that stays", _REACH),
    "ReactPro": About("Response at once", _REACH),
    "MemoryPro": About("Response from memory", ("memory", *_REACH)),
    "DelayAnti": About("Anti-response after a stimulus that stays", _ANTI),
    "ReactAnti": About("Anti-response at once", _ANTI),
    "MemoryAnti": About("Anti-response from memory", ("memory", *_ANTI)),
    "IntegrationModality1": About("Integration in modality 1", ("evidence", "memory")),
    "IntegrationModality2": About("Integration in modality 2", ("evidence", "memory")),
    "ContextIntModality1": About(
        "Integration by modality 1 of two", ("context", "evidence", "attention")
    ),
    "ContextIntModality2": About(
        "Integration by modality 2 of two", ("context", "evidence", "attention")
    ),
    "IntegrationMultimodal": About("Integration by both modalities", ("evidence", "memory")),
    "ReactMatch2Sample": About("Match to sample at once", ("memory", "inhibition")),
    "ReactNonMatch2Sample": About("Non-match to sample at once", ("memory", "inhibition")),
    "ReactCategoryPro": About("Match to category at once", ("memory", "context", "inhibition")),
    "ReactCategoryAnti": About(
        "Non-match to category at once", ("memory", "context", "inhibition")
    ),
}
# What the two transformations of Mod-Cog add: to the title, and to what is probed.
_MODCOG = {
    "intl": ("shifted down by the delay", ("timing", "memory")),
    "intr": ("shifted up by the delay", ("timing", "memory")),
    "seql": ("as a sequence down", ("motor",)),
    "seqr": ("as a sequence up", ("motor",)),
}


def of(id: str) -> About:
    """Return what is said about a task.

    Raises:
        KeyError: for a task without a line in `TASKS`, or a name that its family does not have.
    """
    family, _, name = id.removesuffix("-v0").rpartition(".")
    if family == "modcog":
        return _of_modcog(name)
    if family in ("yang19", "driscoll24"):
        return (_YANG19 if family == "yang19" else _DRISCOLL24)[name]
    return TASKS[id]


def _of_modcog(name: str) -> About:
    """Return what is said of one of the twenty, and of what was made of it."""
    said: list[str] = []
    probes: list[str] = []
    for suffix in ("seq", "int"):  # a sequence comes last
        base, found, side = name.rpartition(suffix)
        if found and side in ("l", "r"):
            words, more = _MODCOG[suffix + side]
            said.insert(0, words)
            probes += more
            name = base
    one = _YANG19[name]
    kinds = tuple(dict.fromkeys((*one.probes, *probes)))
    return About(", ".join([one.title, *said]), kinds)
