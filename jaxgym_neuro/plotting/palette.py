"""Colours that stay distinct for colour-blind readers."""

# Okabe & Ito's palette; black for the first trace, which is the fixation cue in most tasks.
COLORS = (
    "#000000",
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#8C6D31",
)
