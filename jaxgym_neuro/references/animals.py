"""What animals and people did."""

from jaxgym_neuro.references.reference import NAN, Quantity, Reference, table

ROITMAN02 = Reference(
    name="roitman02",
    title="Roitman & Shadlen 2002: random dots, answered when the monkey likes",
    doi="10.1523/JNEUROSCI.22-21-09475.2002",
    source="computed from the trials in PyDDM, doc/downloads/roitman_rts.csv "
    "(https://github.com/mwshinn/PyDDM), 6,149 of them",
    columns=table(
        "monkey coh trials right reaction_time reaction_time_sd correct_time error_time",
        [
            (1, 0.0, 432, 218, 787.6, 196.9, 794.0, 781.1),
            (1, 3.2, 437, 269, 776.9, 200.7, 772.4, 784.0),
            (1, 6.4, 436, 322, 738.5, 178.1, 735.3, 747.5),
            (1, 12.8, 436, 407, 669.2, 159.5, 662.0, 771.0),
            (1, 25.6, 436, 434, 560.0, 110.9, 559.6, 635.5),
            (1, 51.2, 438, 438, 464.4, 90.3, 464.4, NAN),
            (2, 0.0, 587, 291, 853.9, 242.5, 854.0, 853.8),
            (2, 3.2, 591, 391, 852.0, 246.6, 829.8, 895.4),
            (2, 6.4, 589, 474, 801.5, 236.2, 774.1, 914.5),
            (2, 12.8, 587, 556, 694.9, 216.6, 684.3, 885.0),
            (2, 25.6, 590, 587, 529.9, 153.3, 528.5, 803.0),
            (2, 51.2, 590, 590, 392.5, 111.7, 392.5, NAN),
        ],
    ),
    meanings={
        "monkey": "1 or 2",
        "coh": "motion coherence, %",
        "trials": "number",
        "right": "number of trials answered rightly; at 0 % by the side that was drawn",
        "reaction_time": "mean from the onset of motion, ms",
        "reaction_time_sd": "standard deviation over trials, ms",
        "correct_time": "mean of right answers, ms",
        "error_time": "mean of wrong answers, ms",
    },
    quantities={
        "accuracy": Quantity(
            "coh", "motion coherence (%)", "correct", hits="right", count="trials"
        ),
        "reaction_time": Quantity(
            "coh",
            "motion coherence (%)",
            "reaction time (ms)",
            mean="reaction_time",
            spread="reaction_time_sd",
            count="trials",
        ),
    },
    by="monkey",
)

IBL25 = Reference(
    name="ibl25",
    title="International Brain Laboratory 2025: mice that know which side is common",
    doi="10.1038/s41586-025-09235-0",
    source="figure 1d, text of its caption; 139 mice, 454 sessions",
    columns=table("coh accuracy accuracy_error mice sessions", [(0.0, 0.587, 0.004, 139, 454)]),
    meanings={
        "coh": "contrast, %",
        "accuracy": "proportion right, mean over mice; knowing the block would give 0.8",
        "accuracy_error": "standard error over mice",
        "mice": "number",
        "sessions": "number",
    },
    quantities={
        "accuracy": Quantity(
            "coh",
            "contrast (%)",
            "correct",
            mean="accuracy",
            error="accuracy_error",
            count="sessions",
        )
    },
)

KIANI09 = Reference(
    name="kiani09",
    title="Kiani & Shadlen 2009: random dots with a sure target, monkeys",
    doi="10.1126/science.1169405",
    source="figure 1, text of its caption (https://pmc.ncbi.nlm.nih.gov/articles/PMC2738936)",
    columns=table(
        "quantity low high",
        [
            ("motion", 100.0, 900.0),
            ("delay", 1200.0, 1800.0),
            ("onset of the sure target", 500.0, 750.0),
            ("trials with a sure target", 0.5, 0.5),
            ("sure reward", 0.8, 0.8),
        ],
    ),
    meanings={
        "quantity": "times in ms, the onset from the end of motion; the reward as a share of that "
        "of a right answer",
        "low": "least",
        "high": "most",
    },
)

JAZAYERI10 = Reference(
    name="jazayeri10",
    title="Jazayeri & Shadlen 2010: reproduction of intervals of three priors, people",
    doi="10.1038/nn.2590",
    source="https://pmc.ncbi.nlm.nih.gov/articles/PMC2916084; productions regress to the mean of "
    "each prior, the more the longer its intervals",
    columns=table(
        "prior low high",
        [("short", 494.0, 847.0), ("intermediate", 671.0, 1023.0), ("long", 847.0, 1200.0)],
    ),
    meanings={"prior": "name", "low": "shortest interval, ms", "high": "longest interval, ms"},
)

DAW11 = Reference(
    name="daw11",
    title="Daw et al. 2011: the two-step task, people",
    doi="10.1016/j.neuron.2011.02.027",
    source="experimental procedures; people showed both a main effect of reward on staying and "
    "its interaction with the transition",
    columns=table(
        "quantity value",
        [
            ("people", 17.0),
            ("trials", 201.0),
            ("common transitions", 0.7),
            ("step of reward probabilities", 0.025),
            ("least reward probability", 0.25),
            ("greatest reward probability", 0.75),
        ],
    ),
    meanings={"quantity": "what", "value": "numbers, probabilities and a standard deviation"},
)

ANIMALS = (ROITMAN02, IBL25, KIANI09, JAZAYERI10, DAW11)
