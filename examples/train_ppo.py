"""Train an agent on random-dot motion with PPO, and hold it against the ideal observer.

The agent is a gated recurrent network (GRU) that sees the fixation cue and two motion channels, and
must add up the evidence over a trial to tell left from right. Run::

    python examples/train_ppo.py --seed 0
    python examples/train_ppo.py --task GoNogo-v0 --task-args '{"dt": 50}' --out trained/go_nogo

``python -m jaxgym_neuro train`` does the same, and saves it so that it can go on;
``train_ppo_single_file.py`` shows what happens inside. The trained agent is evaluated greedily: it
takes the likeliest action at each step. Its performance is the fraction of all trials, unanswered
ones included, that end with the correct choice. On random dots the last picture has a monkey beside
agent and ideal observer. It answered when it liked, while the agent watches to the
end (``python -m jaxgym_neuro replicate roitman02`` trains agents that answer when they like).
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import jaxgym_neuro as jgn
from jaxgym_neuro import references, training

TASK = "PerceptualDecisionMaking-v0"


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--task", default=TASK, help="(%(default)s)")
    parser.add_argument(
        "--task-args", type=json.loads, default={}, metavar="JSON", help="such as '{\"dt\": 20}'"
    )
    parser.add_argument("--seed", type=int, default=0, help="(%(default)s)")
    parser.add_argument("--updates", type=int, help="default is the task's recipe")
    parser.add_argument("--trials", type=int, default=50_000, help="to evaluate on (%(default)s)")
    parser.add_argument("--out", type=Path, help="folder for trials and picture (trained/TASK)")
    return parser.parse_args(arguments)


def beside_monkey(evaluation: training.Evaluation) -> Any:
    """Draw accuracy by coherence of the agent, the ideal observer and a monkey, in one figure."""
    table = evaluation.tables[0]
    after = f"after {table.durations['stimulus'].mean() / 1000:.2g} s"
    subjects = {f"agent, {after}": table, f"ideal observer, {after}": evaluation.ideal}
    ax = references.compare(subjects)
    monkey = references.load("roitman02").curves()["monkey 2"]
    monkey.plot(ax, label="monkey, when it liked", line="--", marker="s")
    ax.set_xscale("symlog", linthresh=3.2, linscale=0.5)
    ax.set_xticks(monkey.x, [f"{coh:g}" for coh in monkey.x])
    ax.minorticks_off()
    ax.set_xlabel("motion coherence (%)")
    ax.legend(frameon=False, loc="lower right")
    return ax.figure


def main(arguments: list[str] | None = None) -> None:
    """Train, evaluate, print, plot."""
    began = time.perf_counter()
    args = parse_arguments(arguments)
    recipe = training.recipe(args.task, "ppo")
    if args.updates is not None:
        recipe["updates"] = args.updates
    env, params = jgn.make(args.task, **args.task_args)
    with training.ProgressBar(recipe["updates"]) as progress:
        trained = training.train_ppo(env, params, **recipe, key=args.seed, report=progress)
    seconds = trained.seconds
    print(f"compiled in {seconds['compile']:.1f} s")
    print(f"trained in {seconds['train']:.1f} s on {trained.num_steps:,} steps")
    evaluation = training.evaluate(trained, args.trials)
    print(evaluation)
    out = args.out or Path("trained") / args.task
    files = training.write(out, trained, evaluation, {"id": args.task, "args": args.task_args})
    if args.task == TASK:
        beside_monkey(evaluation).savefig(out / "beside_monkey.png", dpi=150)
        files.append("beside_monkey.png")
    print(f"saved {', '.join(files)} in {out}")
    print(f"{time.perf_counter() - began:.1f} s in all")


if __name__ == "__main__":
    main()
