"""What happens step by step, from trial to trial and from episode to episode."""

import jax
import numpy as np

from jaxgym_neuro.testing.demands import demand, demand_in, demand_same, promise


@promise("build_trial", "observe")
def _observations_in_space(tested):
    """Every observation lies in the space, at every step."""
    demand_in(tested.observation_space, np.asarray(tested.begun[0]), "reset's observation")
    for policy in ("random", "waiting"):
        played = tested.play(policy)
        demand_in(tested.observation_space, played["ob"], "an observation")
        final = played["info"]["final_observation"]
        demand_in(tested.observation_space, final, "a final observation")


@promise()
def _info_tells_of_the_action(tested):
    """Info's gt and conditions are those of the trial that the action belonged to."""
    played = tested.play("random")
    demand_same(played["info"]["gt"], played["gt"], "info['gt'] and the trial's")
    demand_same(
        played["info"]["conditions"], played["conditions"], "info['conditions'] and the trial's"
    )


@promise("respond")
def _performance_at_trial_end(tested):
    """Performance is a score from 0 to 1, and 0 where no trial ends."""
    for policy in ("random", "ground truth"):
        info = tested.play(policy)["info"]
        score = info["performance"]
        demand((score >= 0) & (score <= 1), f"it takes the value {score.max()} or {score.min()}")
        demand(score[~info["new_trial"]] == 0, "it is not 0 before the end of a trial")


@promise("respond")
def _rewards_are_finite(tested):
    """Every reward is a finite number."""
    for policy in ("random", "waiting", "ground truth"):
        reward = tested.play(policy)["reward"]
        wrong = reward[~np.isfinite(reward)]
        demand(wrong.size == 0, f"it is {wrong[:1]} in {wrong.size} of {reward.size} steps")


@promise()
def _trials_take_turns(tested):
    """A trial ends at its last step at the latest; then another one begins, at its first step."""
    played = tested.play("waiting")
    is_last, t = played["info"]["new_trial"], played["t"]
    demand(is_last[t + 1 >= played["length"]], "a trial went on after its last step")
    follows = t[1:] == np.where(is_last, 0, t + 1)[:-1]
    stands_still = tested.env.may_hold & ~is_last[:-1] & (t[1:] == t[:-1])
    demand(follows | stands_still, "the step within the trial is not counted from 0 up")
    if tested.env.conditions:
        second = np.cumsum(is_last, axis=0)[:-1] == 1
        second = second & is_last[:-1]
        obs = played["ob"][:-1][second]
        after = [x[1:][second] for x in jax.tree.leaves(played["conditions"])]
        demand(any(np.any(x != x[:1]) for x in [*after, obs]), "every second trial is the same one")


@promise("respond")
def _trials_last_as_told(tested):
    """A trial ends before its last step only where the table of rewards says that it may."""
    if not tested.env.lasts_whole or tested.params.abort:
        return
    for policy in ("random", "ground truth"):
        played = tested.play(policy)
        early = played["info"]["new_trial"] & (played["t"] + 1 < played["length"])
        demand(~early, "a trial ended before its last step, and no reward is told to end one")


@promise()
def _episodes_terminate(tested):
    """Every trials_per_episode trials the episode is terminated, and begins anew."""
    _check_episodes(tested, trials_per_episode=2)


@promise()
def _episodes_truncate(tested):
    """Every max_steps_in_episode steps the episode is truncated, and begins anew."""
    _check_episodes(tested, max_steps_in_episode=tested.env.T // 2 + 2)


@promise()
def _episodes_without_limits(tested):
    """An episode without limits never ends."""
    _check_episodes(tested)


def _check_episodes(tested, trials_per_episode=0, max_steps_in_episode=0):
    """Keep the books of a run, and compare."""
    limits = (trials_per_episode, max_steps_in_episode)
    names = ("trials_per_episode", "max_steps_in_episode")
    policy = "waiting" if trials_per_episode else "random"
    given = {name: limit for name, limit in zip(names, limits, strict=True) if limit}
    played = tested.play(policy, **given)
    new_trial = played["info"]["new_trial"]
    time = num_trials = np.zeros(tested.num_envs, np.int32)
    for i in range(tested.steps):
        demand(played["time"][i] == time, f"state.time is not the steps since reset, at step {i}")
        demand(
            played["num_trials"][i] == num_trials,
            f"state.num_trials is not the trials finished since reset, at step {i}",
        )
        time, num_trials = time + 1, num_trials + new_trial[i]
        terminated = (num_trials >= trials_per_episode) & (trials_per_episode > 0)
        truncated = (time >= max_steps_in_episode) & (max_steps_in_episode > 0)
        demand(played["terminated"][i] == terminated, f"terminated is wrong at step {i}")
        demand(played["truncated"][i] == truncated, f"truncated is wrong at step {i}")
        done = terminated | truncated
        time, num_trials = np.where(done, 0, time), np.where(done, 0, num_trials)
    flags = {name: played["info"][name] for name in ("terminated", "truncated")}
    demand_same(flags, {name: played[name] for name in flags}, "flags in info and returned")
    if any(limits):
        demand(np.any(played["terminated"] | played["truncated"]), "no episode ended")
    _check_final_observation(tested, policy, played)


def _check_final_observation(tested, policy, played):
    """It is the next observation; where a trial was cut short, what would have come next."""
    cut_short = played["truncated"] & ~played["info"]["new_trial"]
    final, ob = played["info"]["final_observation"], played["ob"]
    demand_same(final[~cut_short], ob[~cut_short], "final_observation and the observation")
    ended = np.cumsum(played["terminated"] | played["truncated"], axis=0)
    is_first = cut_short & (ended == 1)
    unlimited = tested.play(policy)
    demand_same(
        final[is_first], unlimited["ob"][is_first], "final_observation and what came without end"
    )


@promise("respond")
def _invalid_action_is_harmless(tested):
    """An action outside the space earns a finite reward, and leaves no NaN behind."""
    played = tested.play("invalid")
    demand(np.isfinite(played["reward"]), "the reward is not finite")
    for name, tree in (("observation", played["ob"]), ("carry", played["carry"])):
        leaves = [x for x in jax.tree.leaves(tree) if np.issubdtype(x.dtype, np.floating)]
        demand(all(not np.isnan(x).any() for x in leaves), f"the {name} has NaN")
    score = played["info"]["performance"]
    demand(np.isfinite(score), "the performance is not finite")
