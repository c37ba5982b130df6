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
        "monkey": "1, the paper's b, or 2, its n (PyDDM, doc/downloads/extract_roitman.py)",
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

SHI22 = Reference(
    name="shi22",
    title="Shi, Ballesta & Padoa-Schioppa 2022: monkeys choose between amounts of two juices, "
    "offered together, as in Padoa-Schioppa & Assad 2006",
    doi="10.7554/eLife.75910",
    source="computed from table01_all_JC of each session in raw_data/bhvdata "
    "(https://github.com/PadoaSchioppaLab/2022_eLife_choicebias): 69,353 choices between both "
    "juices, in the 302 sessions in which some offer was answered both ways; the relative value of "
    "the juices is fitted to each session (probit of the logarithm of the ratio of amounts); its "
    "median is 1.91 (G) and 1.72 (J)",
    columns=table(
        "monkey ratio trials right",
        [
            ("G", 1.09, 10467, 7358),
            ("G", 1.32, 9268, 8437),
            ("G", 1.58, 8297, 8162),
            ("G", 1.92, 8536, 8502),
            ("G", 2.32, 4930, 4930),
            ("G", 2.90, 3895, 3895),
            ("G", 3.70, 1525, 1525),
            ("G", 6.12, 853, 853),
            ("J", 1.09, 3971, 2690),
            ("J", 1.31, 4193, 3750),
            ("J", 1.59, 3494, 3351),
            ("J", 1.91, 3040, 3003),
            ("J", 2.31, 2082, 2066),
            ("J", 2.93, 1275, 1273),
            ("J", 3.86, 1539, 1537),
            ("J", 6.05, 1988, 1988),
        ],
    ),
    meanings={
        "monkey": "G or J",
        "ratio": "value of the better offer over that of the other; the geometric mean of the "
        "trials between 1, 1.2, 1.45, 1.75, 2.1, 2.6, 3.3, 4.5 and more",
        "trials": "number",
        "right": "number of trials in which the better offer was chosen",
    },
    quantities={
        "accuracy": Quantity(
            "ratio", "ratio of values", "better offer chosen", hits="right", count="trials"
        )
    },
    by="monkey",
)

ANIMALS = (ROITMAN02, IBL25, KIANI09, JAZAYERI10, DAW11, SHI22)
