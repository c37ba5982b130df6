"""When animals and networks count as trained."""

from jaxgym_neuro.references.reference import NAN, Reference, table

IBL21 = Reference(
    name="ibl21",
    title="International Brain Laboratory 2021: when a mouse is trained",
    doi="10.7554/eLife.63711",
    source="criterion_1a, criterion_1b and criterion_ephys in brainbox/behavior/training.py of "
    "ibllib (https://github.com/int-brain-lab/ibllib)",
    columns=table(
        "status trials easy_correct bias threshold lapse reaction_time bias_shift",
        [
            ("trained 1a", 200, 0.8, 16.0, 19.0, 0.2, NAN, NAN),
            ("trained 1b", 400, 0.9, 10.0, 20.0, 0.1, 2000.0, NAN),
            ("ready for ephys", 400, 0.9, NAN, NAN, 0.1, 2000.0, 5.0),
        ],
    ),
    meanings={
        "status": "of the mouse",
        "trials": "more than these in each of three sessions",
        "easy_correct": "more than this proportion right at high contrasts",
        "bias": "less than this, % contrast, either way",
        "threshold": "less than this, % contrast; IBL's is the square root of 2 times the "
        "threshold of `jgn.analysis.psychometric`",
        "lapse": "less than this on either side",
        "reaction_time": "median at no contrast less than this, ms",
        "bias_shift": "bias in 80 less that in 20 blocks more than this, % contrast",
    },
)

SONG16 = Reference(
    name="song16",
    title="Song, Yang & Wang 2016 (pycog): when a network stops learning, supervised",
    doi="10.1371/journal.pcbi.1004792",
    source="TARGET_PERFORMANCE in examples/models of https://github.com/frsong/pycog",
    columns=table(
        "task correct",
        [("rdm", 0.85), ("mante", 0.9), ("multisensory", 0.9), ("romo", 0.85)],
    ),
    meanings={
        "task": "its file there",
        "correct": "proportion right, mean of the last five validations (romo: of the last one)",
    },
)

SONG17 = Reference(
    name="song17",
    title="Song, Yang & Wang 2017 (pyrl): when a network stops learning, by reward",
    doi="10.7554/eLife.21492",
    source="terminate in examples/models of https://github.com/frsong/pyrl",
    columns=table(
        "task answered correct sure_above sure_at_most",
        [
            ("rdm_fixed", 0.99, 0.8, NAN, NAN),
            ("rdm_rt", 0.99, 0.8, NAN, NAN),
            ("mante", 0.99, 0.85, NAN, NAN),
            ("multisensory", 0.99, 0.82, NAN, NAN),
            ("romo", 0.99, 0.97, NAN, NAN),
            ("padoaschioppa2006", 0.99, 0.95, NAN, NAN),
            ("postdecisionwager", 0.99, 0.79, 0.4, 0.5),
        ],
    ),
    meanings={
        "task": "its file there",
        "answered": "at least this proportion of trials",
        "correct": "at least this proportion of answers",
        "sure_above": "sure target chosen more often than this, where it is offered",
        "sure_at_most": "and no more often than this",
    },
)

SONG17_MULTISENSORY = Reference(
    name="song17_multisensory",
    title="Song, Yang & Wang 2017: thresholds of six networks for rates that are seen, heard, both",
    doi="10.7554/eLife.21492",
    source="table 2; the same analysis as of the rats of Raposo et al. 2012",
    columns=table(
        "network visual auditory both",
        [
            (1, 2.124, 2.099, 1.451),
            (2, 2.107, 2.086, 1.448),
            (3, 2.276, 2.128, 1.552),
            (4, 2.118, 2.155, 1.508),
            (5, 2.077, 2.171, 1.582),
            (6, 2.088, 2.149, 1.480),
        ],
    ),
    meanings={
        "network": "number; the first is that of the figures",
        "visual": "standard deviation of a cumulative Gaussian through the choices, events per "
        "second, of what is seen alone",
        "auditory": "the same of what is heard alone",
        "both": "the same of both together; where both are used as well as possible, 1 / both² = "
        "1 / visual² + 1 / auditory²",
    },
)

CRITERIA = (IBL21, SONG16, SONG17, SONG17_MULTISENSORY)
