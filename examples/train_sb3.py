"""Train an agent on a task with PPO from Stable-Baselines3, which is PyTorch.

The environments are stepped all at once, by `jaxgym_neuro.adapters.sb3.TaskVecEnv`. An episode is
one trial, and the agent sees every observation since it began (``VecFrameStack``), so that a
network without a memory can solve tasks that need one. Run::

    pip install ".[sb3]"
    python examples/train_sb3.py --task PerceptualDecisionMaking-v0
    python examples/train_sb3.py --task GoNogo-v0 --task-args '{"dt": 50}'

Printed are the performance per trial before and after training: the mean score of trials in which
the agent takes its likeliest action at each step.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import VecEnv, VecFrameStack, VecMonitor
from tqdm import tqdm

import jaxgym_neuro as jgn
from jaxgym_neuro.adapters.sb3 import TaskVecEnv


def make_envs(id: str, num_envs: int, seed: int, **task_args: Any) -> VecEnv:
    """Return environments of one trial per episode that show all of the trial so far."""
    task, params = jgn.make(id, **task_args)
    envs = TaskVecEnv(task, num_envs, params.replace(trials_per_episode=1), seed=seed)
    return VecFrameStack(VecMonitor(envs), n_stack=task.T)


def make_agent(envs: VecEnv, num_steps: int, seed: int) -> PPO:
    """Return an agent that learns from ``num_steps`` steps of every environment at a time."""
    return PPO(
        "MlpPolicy",
        envs,
        n_steps=num_steps,
        batch_size=num_steps * envs.num_envs // 4,
        n_epochs=8,
        learning_rate=lambda left: 2e-3 * left,
        gamma=0.98,
        ent_coef=0.01,
        seed=seed,
        device="cpu",  # for networks this small a GPU is slower
    )


def performance(agent: PPO, envs: VecEnv, num_trials: int) -> float:
    """Mean score of at least ``num_trials`` trials."""
    scores: list[float] = []
    obs = envs.reset()
    while len(scores) < num_trials:
        obs, _, _, infos = envs.step(agent.predict(obs, deterministic=True)[0])
        scores += [info["performance"] for info in infos if "new_trial" in info]
    return float(np.mean(scores))


class Progress(BaseCallback):
    """A bar where there is a terminal, ten lines where there is none."""

    def __init__(self, total: int):
        super().__init__()
        self._total, self._printed = total, 0
        self._is_terminal = sys.stdout.isatty()
        self._bar = tqdm(total=total, unit="step", file=sys.stdout, disable=not self._is_terminal)

    def _on_step(self) -> bool:
        return True

    def _on_rollout_end(self) -> None:
        done = min(self.num_timesteps, self._total)
        reward = np.mean([episode["r"] for episode in self.model.ep_info_buffer])
        if self._is_terminal:
            self._bar.set_postfix(reward=f"{reward:.3f}", refresh=False)
            self._bar.update(done - self._bar.n)
        elif 10 * done // self._total > self._printed:
            self._printed = 10 * done // self._total
            print(f"{self.num_timesteps:>9,} steps: reward per trial {reward:.3f}", flush=True)

    def _on_training_end(self) -> None:
        self._bar.close()


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    id = "PerceptualDecisionMaking-v0"
    parser.add_argument("--task", default=id, help="id of a task (%(default)s)")
    parser.add_argument(
        "--task-args", type=json.loads, default={}, metavar="JSON", help="such as '{\"dt\": 20}'"
    )
    parser.add_argument("--steps", type=int, default=300_000, help="(%(default)s)")
    parser.add_argument("--num-envs", type=int, default=64, help="(%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="(%(default)s)")
    parser.add_argument("--out", type=Path, help="folder for the agent (trained/TASK)")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> dict[str, Any]:
    """Train, and print what it was good for; return the performances."""
    args = parse_arguments(arguments)
    torch.set_num_threads(1)  # for networks this small more of them are slower
    envs = make_envs(args.task, args.num_envs, args.seed, **args.task_args)
    agent = make_agent(envs, 2 * envs.get_attr("task")[0].T, args.seed)
    before = performance(agent, envs, num_trials=500)
    print(f"performance per trial before training {before:.3f}")
    began = time.perf_counter()
    agent.learn(args.steps, callback=Progress(args.steps))
    seconds = time.perf_counter() - began
    speed = agent.num_timesteps / seconds
    print(f"trained for {agent.num_timesteps:,} steps in {seconds:.1f} s, {speed:,.0f} steps/s")
    after = performance(agent, envs, num_trials=2_000)
    print(f"performance per trial after training {after:.3f}")
    path = (args.out or Path("trained") / args.task) / "agent.zip"
    path.parent.mkdir(parents=True, exist_ok=True)
    agent.save(path)
    print(f"saved {path}")
    return {"before": before, "after": after}


if __name__ == "__main__":
    main()
