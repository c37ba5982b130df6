"""Mutations: lines of the library that would make a number wrong, and the tests that catch them."""

from typing import NamedTuple


class Mutation(NamedTuple):
    """One line, or a part of it, that is replaced by another."""

    file: str  # in the package
    old: str  # is in the file once
    new: str
    tests: tuple[str, ...]  # in tests/: files, or functions as ``file::name``


TIMING = ("test_timing.py",)
TRIAL = ("core/test_trial_builder.py",)
ENV = ("core/test_env.py",)
RENEWAL = ("core/test_renewal.py",)
CHOICE = ("core/test_choice_task.py",)
SCHEDULES = ("test_schedules.py",)
BLOCKS = ("core/test_blocks.py",)
RANDOM = ("test_random.py",)
CATCH = ("wrappers/test_catch_trials.py",)
REACTION = ("wrappers/test_reaction_time.py",)
TIME_OUT = ("wrappers/test_time_out.py",)
STEP_WRAPPERS = ("wrappers/test_step_wrappers.py",)
DRAWN = ("wrappers/test_what_is_drawn.py",)
DATASET = ("data/test_dataset.py",)
ROLLOUT = ("recording/test_rollout.py",)
ENDED = ("recording/test_ended.py",)
MONITOR = ("recording/test_monitor.py",)
MULTI = ("multitask/test_multi_task.py",)
BANDIT = ("tasks/value/test_bandit.py",)
PULSES = ("wrappers/test_motion_pulses.py",)
SUPERVISED = ("training/test_supervised.py",)
PAIRED = ("tasks/memory/test_delay_paired_association.py",)

MUTATIONS = [
    # durations
    Mutation(
        "timing.py",
        "xp.where(ms > 0, xp.maximum(steps, np.int32(1)), np.int32(0))",
        "steps",
        TIMING,
    ),
    Mutation("timing.py", "np.float32(dt) + np.float32(_STEP_TOLERANCE)", "np.float32(dt)", TIMING),
    Mutation("timing.py", "xp.floor(ms / np.float32(dt)", "xp.ceil(ms / np.float32(dt)", TIMING),
    Mutation(
        "timing.py",
        "return low + (high - low) * random.uniform(key)",
        "return low + high * random.uniform(key)",
        TIMING,
    ),
    Mutation(
        "timing.py",
        "kept = -jnp.expm1(-(high - low) / mean)",
        "kept = -jnp.expm1(-high / mean)",
        TIMING,
    ),
    Mutation(
        "timing.py", "jnp.minimum(drawn, high), high)", "jnp.minimum(drawn, high), low)", TIMING
    ),
    Mutation("timing.py", "np.any(self.low > self.high)", "np.any(self.low >= self.high)", TIMING),
    Mutation("timing.py", "np.any(value < 0)", "np.any(value < -1)", TIMING),
    Mutation("timing.py", "np.any(self.mean <= 0)", "np.any(self.mean < 0)", TIMING),
    # the builder
    Mutation("core/trial.py", "at = self.bounds[after][1]", "at = self.bounds[after][0]", TRIAL),
    Mutation(
        "core/trial.py",
        "at = list(self.bounds.values())[-1][1] if",
        "at = list(self.bounds.values())[0][1] if",
        TRIAL,
    ),
    Mutation("core/trial.py", "jnp.where(when, steps, jnp.int32(0))", "steps", TRIAL),
    Mutation(
        "core/trial.py",
        "jnp.maximum(steps - (at - self.onset), jnp.int32(0))",
        "jnp.maximum(steps, 0)",
        TRIAL,
    ),
    Mutation(
        "core/trial.py",
        "(steps >= start) & (steps < end)",
        "(steps > start) & (steps < end)",
        TRIAL,
    ),
    Mutation("core/trial.py", "mask = mask | ((steps", "mask = mask & ((steps", TRIAL),
    Mutation("core/trial.py", "num_draws=self.num_draws + 1", "num_draws=self.num_draws", TRIAL),
    Mutation(
        "core/trial.py",
        "ob = self.ob + jnp.where(mask, value, 0) if keep",
        "ob = jnp.where(mask, value, 0) if keep",
        TRIAL,
    ),
    Mutation("core/trial.py", "is_hidden & hidden.when", "is_hidden | hidden.when", CATCH),
    Mutation(
        "core/trial.py",
        "if builder.hidden and not _is_zero(mu):",
        "if builder.hidden and _is_zero(mu):",
        TRIAL,
    ),
    Mutation("core/trial.py", "length=jnp.maximum(jnp.max(end), 1)", "length=jnp.max(end)", TRIAL),
    Mutation(
        "core/trial.py",
        "return dataclasses.replace(builder, hidden=self.hidden)",
        "return builder",
        ("wrappers/test_over_several_tasks.py",),
    ),
    # the clock
    Mutation(
        "core/env.py",
        "return state.t + 1 >= state.trial.length",
        "return state.t >= state.trial.length",
        ENV,
    ),
    Mutation(
        "core/env.py",
        "(params.trials_per_episode > 0) & (num_trials >= params.trials_per_episode)",
        "(params.trials_per_episode > 0) & (num_trials > params.trials_per_episode)",
        ENV,
    ),
    Mutation(
        "core/env.py",
        "(params.max_steps_in_episode > 0) & (time >= params.max_steps_in_episode)",
        "(params.max_steps_in_episode > 0) & (time > params.max_steps_in_episode)",
        ENV,
    ),
    Mutation("core/env.py", "done = terminated | truncated", "done = terminated", ENV),
    Mutation("core/env.py", "cut_short = truncated & ~new_trial", "cut_short = truncated", ENV),
    Mutation("core/env.py", "due=new_trial | done", "due=new_trial", ENV),
    Mutation(
        "core/env.py", "num_trials=jnp.where(done, 0, num_trials)", "num_trials=num_trials", ENV
    ),
    Mutation("core/env.py", "jnp.where(ran_out, r_tmax, 0)", "jnp.where(ends, r_tmax, 0)", ENV),
    Mutation(
        "core/env.py",
        "ran_out = self.is_last_step(state) & ~answered",
        "ran_out = self.is_last_step(state)",
        ENV,
    ),
    Mutation(
        "core/env.py",
        "performance=jnp.where(ends, jnp.asarray(response.performance, jnp.float32), 0)",
        "performance=jnp.asarray(response.performance, jnp.float32)",
        ENV,
    ),
    Mutation(
        "core/env.py", '"conditions": trial.conditions,', '"conditions": new.conditions,', ENV
    ),
    Mutation("core/env.py", "gt = trial.gt[state.t]", "gt = trial.gt[0]", ENV),
    Mutation(
        "core/env.py", "{**conditions, **fixed}, carry))", "{**fixed, **conditions}, carry))", ENV
    ),
    Mutation(
        "core/arguments.py",
        "env.dt)) > env.layout.longest[name]:",
        "env.dt)) > env.layout.longest[name] + 1:",
        ENV,
    ),
    # the turn from trial to trial
    Mutation(
        "core/renewal.py",
        "lax.cond(jnp.any(due), replaced_rows",
        "lax.cond(jnp.all(due), replaced_rows",
        ("core/test_renewal.py::test_what_is_rarely_due_is_drawn_where_one_of_a_batch_is",),
    ),
    Mutation(
        "core/renewal.py",
        "jnp.where(rank < count, row, rows + rank)",
        "jnp.where(rank <= count, row, rows + rank)",
        ("core/test_renewal.py::TestEqualsSelect",),
    ),
    Mutation(
        "core/renewal.py",
        "start = zero_after(reads)",
        "start = jnp.int32(0)",
        ("core/test_renewal.py::test_trial_arrays_are_renewed_in_place_inside_a_scan",),
    ),
    Mutation(
        "core/renewal.py",
        "return done + jnp.int32(chunk), draw.fill",
        "return done + jnp.int32(chunk + 1), draw.fill",
        ("core/test_renewal.py::TestEqualsSelect",),
    ),
    Mutation(
        "core/rows.py",
        "is_above = n >= in_low",
        "is_above = n > in_low",
        ("core/test_renewal.py::test_nth_set_bit_finds_every_bit",),
    ),
    Mutation(
        "core/rows.py",
        "in_group <= rank[:, None]",
        "in_group < rank[:, None]",
        ("core/test_renewal.py::test_ranks_of_due_rows_equal_nonzero",),
    ),
    Mutation(
        "core/kinds.py",
        "jnp.where(rank < end, part(target)",
        "jnp.where(rank <= end, part(target)",
        ("core/test_renewal.py::TestEqualsSelect",),
    ),
    Mutation(
        "core/kinds.py",
        "k=-1, dtype=np.bool_)\n    same",
        "k=0, dtype=np.bool_)\n    same",
        ("core/test_renewal.py::TestEqualsSelect",),
    ),
    # the rule of most tasks
    Mutation(
        "core/choice_task.py",
        "correct = answered & (action == gt)",
        "correct = action == gt",
        CHOICE,
    ),
    Mutation(
        "core/choice_task.py",
        "new_trial=answered | (broke & params.abort)",
        "new_trial=answered | broke",
        CHOICE,
    ),
    Mutation(
        "core/choice_task.py",
        "withheld, missed = waited & ~is_due, waited & is_due",
        "withheld, missed = waited & is_due, waited & ~is_due",
        CHOICE,
    ),
    Mutation(
        "core/choice_task.py",
        "performance=(correct | withheld)",
        "performance=(correct & withheld)",
        CHOICE,
    ),
    # draws
    Mutation(
        "random.py",
        "point = uniform(key) * ends[-1]",
        "point = uniform(key)",
        ("test_schedules.py::test_random_without_repeats_draws_in_proportion_from_the_others",),
    ),
    Mutation(
        "random.py",
        "(index + 1 + integer(key, num - 1))",
        "(index + integer(key, num - 1))",
        RANDOM,
    ),
    Mutation("random.py", "(most - least + 1).astype", "(most - least).astype", RANDOM),
    Mutation("core/blocks.py", "is_over = at.left <= 0", "is_over = at.left <= 1", BLOCKS),
    Mutation(
        "core/blocks.py",
        "jnp.where(is_over, length, at.left) - 1, 0)",
        "jnp.where(is_over, length, at.left), 0)",
        BLOCKS,
    ),
    Mutation("core/blocks.py", "jnp.maximum(one, other), one)", "one, one)", BLOCKS),
    Mutation(
        "core/blocks.py",
        "middle.astype(jnp.float32))[1] > point",
        "middle.astype(jnp.float32))[0] > point",
        BLOCKS,
    ),
    Mutation("core/blocks.py", "random.between(key_trial, 0, length - 1)", "length - 1", BLOCKS),
    Mutation(
        "core/blocks.py",
        "random.weighted(key, jnp.broadcast_to(lengths.mean(), (num,)))",
        "random.integer(key, num)",
        BLOCKS,
    ),
    Mutation("core/chains.py", "rests = (matrix + ", "rests = (matrix + 0 * ", BLOCKS),
    Mutation(
        "schedules.py",
        "self._weights * (1 - self._weights)",
        "self._weights",
        SCHEDULES,
    ),
    Mutation("schedules.py", "successes >= self.down", "successes > self.down", SCHEDULES),
    Mutation("schedules.py", "jnp.where(goes_back, 0, failures)", "failures", SCHEDULES),
    Mutation(
        "schedules.py",
        "(average > np.float32(self.threshold))",
        "(average >= np.float32(self.threshold))",
        SCHEDULES,
    ),
    Mutation(
        "schedules.py",
        "is_passed & (stage < self.n - 1)",
        "is_passed & (stage < self.n)",
        SCHEDULES,
    ),
    # wrappers
    Mutation(
        "wrappers/catch_trials.py", "gt = jnp.where(is_catch, 0, built.gt)", "gt = built.gt", CATCH
    ),
    Mutation("wrappers/catch_trials.py", "jnp.minimum(response.reward, fail)", "fail", CATCH),
    Mutation("wrappers/catch_trials.py", ".ends & (action == 0)", ".ends", CATCH),
    Mutation(
        "wrappers/miss_trial_reward.py",
        "is_missed = verdict.ends, asked & ~acted & verdict.ran_out",
        "is_missed = verdict.ends, asked & ~acted & verdict.ends",
        STEP_WRAPPERS,
    ),
    Mutation(
        "wrappers/miss_trial_reward.py",
        "acted | (asks & (action != 0))",
        "acted | (action != 0)",
        STEP_WRAPPERS,
    ),
    Mutation(
        "wrappers/miss_trial_reward.py",
        "(asked & ~ends, acted & ~ends)",
        "(asked, acted & ~ends)",
        STEP_WRAPPERS,
    ),
    Mutation(
        "wrappers/reaction_time.py",
        "jnp.minimum(onset + 1, offset - 1)",
        "jnp.minimum(onset + 1, offset)",
        REACTION,
    ),
    Mutation(
        "wrappers/reaction_time.py",
        "(state.t - onset).astype(jnp.float32)",
        "state.t.astype(jnp.float32)",
        REACTION,
    ),
    Mutation(
        "wrappers/reaction_time.py",
        "(offset > onset) & (closed > asked)",
        "(offset > onset) | (closed > asked)",
        REACTION,
    ),
    Mutation(
        "wrappers/reaction_time.py",
        "is_other & self.in_period(state",
        "self.in_period(state",
        REACTION,
    ),
    Mutation(
        "wrappers/held_trial.py",
        "is_over, begins = held.left == 1",
        "is_over, begins = held.left == 0",
        TIME_OUT,
    ),
    Mutation(
        "wrappers/time_out.py",
        "performance < threshold, steps",
        "performance <= threshold, steps",
        TIME_OUT,
    ),
    Mutation(
        "wrappers/held_trial.py",
        "earned = jnp.where(waits, 0, verdict.reward)",
        "earned = jnp.where(waits, 0, response.reward)",
        TIME_OUT,
    ),
    Mutation(
        "wrappers/held_trial.py",
        "jnp.where(is_held, old, new), response.carry.inner",
        "jnp.where(is_held, new, new), response.carry.inner",
        TIME_OUT,
    ),
    Mutation(
        "wrappers/minimum_time.py",
        "jnp.maximum(start + minimum - state.t, 0)",
        "jnp.maximum(start + minimum - state.t - 1, 0)",
        ("wrappers/test_minimum_time.py",),
    ),
    Mutation(
        "wrappers/feedback.py",
        "self.conclude(state, response, params).reward",
        "jnp.asarray(response.reward, jnp.float32)",
        STEP_WRAPPERS,
    ),
    Mutation(
        "wrappers/feedback.py",
        "shown = (number == action)",
        "shown = (number != action)",
        STEP_WRAPPERS,
    ),
    Mutation(
        "wrappers/schedule_attr.py",
        "jnp.where(ends, new, old), told, own",
        "jnp.where(ends, new, new), told, own",
        ("wrappers/test_what_is_drawn.py::test_a_curriculum_advances_with_performance_inside_jit",),
    ),
    Mutation(
        "wrappers/trial_history.py",
        "_of(probs, last)",
        "_of(probs.T, last)",
        ("wrappers/test_what_is_drawn.py::test_history_follows_the_matrix",),
    ),
    Mutation(
        "wrappers/trial_history.py",
        "(index, at)",
        "(last, at)",
        ("wrappers/test_what_is_drawn.py::test_history_follows_the_matrix",),
    ),
    Mutation(
        "wrappers/trial_history.py",
        "(1 - p_repeat) / (n - 1)",
        "(1 - p_repeat) / n",
        ("wrappers/test_what_is_drawn.py::test_history_that_repeats_or_alternates",),
    ),
    # several tasks
    Mutation(
        "multitask/packing.py",
        "is_own = t < self._of_task(self.steps, task)",
        "is_own = t <= self._of_task(self.steps, task)",
        ("multitask/test_multi_task.py::test_a_batch_sees_the_rows_of_wide_and_of_narrow_tasks",),
    ),
    Mutation(
        "multitask/packing.py",
        "jnp.where(channels < width, numbers",
        "jnp.where(channels <= width, numbers",
        ("multitask/test_multi_task.py::test_a_batch_sees_the_rows_of_wide_and_of_narrow_tasks",),
    ),
    Mutation(
        "multitask/packing.py",
        "found[name] = jnp.where(task == number, value, found[name])",
        "found[name] = value",
        ("multitask/test_multi_task.py::test_new_trial_draws_the_task_that_is_asked_for",),
    ),
    Mutation(
        "multitask/multi_task.py",
        "verdict.ends & ~verdict.ran_out",
        "verdict.ends",
        ("wrappers/test_over_several_tasks.py",),
    ),
    Mutation(
        "multitask/multi_task.py",
        "carries[i] = _where(task == i, verdict.carry, old.tasks[i])",
        "carries[i] = verdict.carry",
        (
            "multitask/test_multi_task.py::test_what_is_done_in_a_trial_of_one_task_does_not_reach_another",
        ),
    ),
    Mutation(
        "multitask/multi_task.py",
        "return pick(task, [params.tasks[i] for i in tasks], tasks)",
        "return params.tasks[tasks[0]]",
        MULTI,
    ),
    # data
    Mutation(
        "data/streams.py",
        "begin = jnp.maximum(begin, -lengths[:, 0])",
        "begin = begin + 0",
        (
            "data/test_dataset.py::test_a_trial_that_new_params_make_shorter_than_what_was_seen_of_it_is_over",
        ),
    ),
    Mutation(
        "data/streams.py",
        "is_here = laid_out((step >= begin[None]) & (num_ended[:-1] < chunk))",
        "is_here = laid_out((step > begin[None]) & (num_ended[:-1] < chunk))",
        ("data/test_dataset.py::test_a_stretch_of_many_more_trials_than_expected_is_filled",),
    ),
    Mutation(
        "data/streams.py",
        "is_cut_here = (cut >= begin[None]) & (cut <= ends[None, :, -1])",
        "is_cut_here = (cut >= begin[None]) & (cut < ends[None, :, -1])",
        (
            "data/test_dataset.py::test_a_stretch_that_ends_with_a_chunk_ends_where_its_last_trial_does",
        ),
    ),
    Mutation(
        "data/streams.py",
        "index=index[None] + trial,",
        "index=index[None] + 0 * trial,",
        ("data/test_dataset.py::test_a_stream_cut_into_other_batches_is_the_same_stream",),
    ),
    Mutation(
        "data/streams.py",
        "is_real = t < trials.length[:, None]",
        "is_real = t <= trials.length[:, None]",
        (
            "data/test_dataset.py::test_trials_one_by_one_are_those_of_the_stream_and_empty_after_their_end",
        ),
    ),
    Mutation(
        "data/streams.py",
        "mask & jnp.any((t >= start) & (t < end), axis=1)",
        "mask & jnp.all((t >= start) & (t < end), axis=1)",
        ("data/test_dataset.py::test_a_loss_counts_the_steps_of_each_of_several_periods",),
    ),
    Mutation(
        "data/streams.py",
        "lax.iota(jnp.int32, num_batches)[:, None] + 1",
        "lax.iota(jnp.int32, num_batches)[:, None]",
        (
            "data/test_dataset.py::test_trials_one_by_one_are_those_of_the_stream_and_empty_after_their_end",
        ),
    ),
    Mutation(
        "data/dataset.py",
        "return self._end\n        state = pick(self._states, np.int32(self._num_used - 1))",
        "return self._end\n        state = pick(self._states, np.int32(self._num_used - 2))",
        ("data/test_dataset.py::test_a_saved_position_goes_on_with_what_would_have_come",),
    ),
    # recording
    Mutation(
        "recording/rollout.py",
        'jnp.where(info["new_trial"] | done, 0, earned)',
        'jnp.where(info["new_trial"], 0, earned)',
        ROLLOUT,
    ),
    Mutation("recording/ended.py", "ends | cuts]", "ends]", ENDED),
    Mutation("recording/ended.py", "row > after", "row >= after", ENDED),
    Mutation("recording/ended.py", "over[step, env], env)", "over[step + 1, env], env)", ENDED),
    Mutation("recording/ended.py", "trial < self.quota", "trial <= self.quota", ROLLOUT),
    Mutation(
        "recording/rollout.py",
        "(np.arange(num_envs) < num_trials % num_envs)",
        "(np.arange(num_envs) <= num_trials % num_envs)",
        ROLLOUT,
    ),
    Mutation("recording/ended.py", "self._done + step + 1 -", "self._done + step -", ENDED),
    Mutation("recording/ended.py", "self._done += len(ends)", "self._done += len(ends) - 1", ENDED),
    Mutation("recording/ended.py", "[step, env] - 1", "[step, env]", ROLLOUT),
    Mutation("recording/ended.py", "times >= 0", "times > 0", ENDED),
    Mutation(
        "recording/table.py",
        "correct=score >= 1",
        "correct=score > 0",
        ROLLOUT,
    ),
    Mutation(
        "recording/monitor.py",
        "if t == 0 and not self._held:  #",
        "if False:  #",
        MONITOR,
    ),
    Mutation("recording/monitor.py", "if t != self._clock:", "if False:", MONITOR),
    Mutation(
        "recording/monitor.py",
        "t == 0 and not self._held",
        "t == 0",
        ("wrappers/test_self_initiated.py",),
    ),
    # adapters
    Mutation(
        "adapters/stepping/runners.py",
        "named |= told",
        "pass",
        ("adapters/stepping/test_two_parts.py",),
    ),
    Mutation(
        "adapters/stepping/runners.py",
        "named[name] = values[place]",
        "pass",
        ("adapters/stepping/test_two_parts.py",),
    ),
    Mutation(
        "adapters/stepping/runners.py",
        "x and decimal[x]",
        "decimal[x]",
        ("adapters/stepping/test_two_parts.py",),
    ),
    Mutation(
        "adapters/stepping/runners.py",
        "if place not in made:",
        "if False:",
        ("adapters/stepping/test_two_parts.py",),
    ),
    Mutation(
        "adapters/stepping/operators.py",
        "math.copysign(math.inf, one) * math.copysign(1, two)",
        "math.copysign(math.inf, one)",
        ("adapters/stepping/test_two_parts.py",),
    ),
    Mutation(
        "adapters/stepping/one_tabulated.py",
        "0 < most_trials <= self._num_trials",
        "0 < most_trials < self._num_trials",
        (
            "adapters/stepping/test_stepping_tables.py::test_episodes_end_and_follow_one_another_as_by_compiled_steps",
        ),
    ),
    Mutation(
        "adapters/stepping/one_tabulated.py",
        "0 < most_steps <= self._time_before + self.t",
        "0 < most_steps <= self._time_before",
        (
            "adapters/stepping/test_stepping_tables.py::test_episodes_end_and_follow_one_another_as_by_compiled_steps",
        ),
    ),
    Mutation(
        "adapters/stepping/one_tabulated.py",
        "self._number -= 1",
        "self._number -= 0",
        (
            "adapters/stepping/test_stepping_tables.py::test_episodes_end_and_follow_one_another_as_by_compiled_steps",
        ),
    ),
    Mutation(
        "adapters/stepping/one_tabulated.py",
        "lambda x: x[i - 1 : i], batch.tables.carries",
        "lambda x: x[i : i + 1], batch.tables.carries",
        (
            "adapters/test_gymnasium_env.py::test_blocks_go_on_where_conditions_are_given_by_look_ups_and_by_compiled_steps",
        ),
    ),
    Mutation(
        "adapters/stepping/many_tabulated.py",
        "(most_trials > 0) & (self._num_trials >= most_trials)",
        "(most_trials > 0) & (self._num_trials > most_trials)",
        ("adapters/test_vector_env.py::test_both_ways_show_the_same_episodes",),
    ),
    Mutation(
        "adapters/stepping/many_tabulated.py",
        "(most_steps > 0) & (self._time >= most_steps)",
        "(most_steps > 0) & (self._time > most_steps)",
        ("adapters/test_vector_env.py::test_both_ways_show_the_same_episodes",),
    ),
    Mutation(
        "adapters/stepping/tables.py",
        "count % jnp.maximum(limit, 1), count) == 0",
        "count % jnp.maximum(limit, 1), count) == 1",
        (
            "adapters/stepping/test_stepping_tables.py::test_a_run_is_the_same_by_look_ups_and_by_compiled_steps",
        ),
    ),
    Mutation(
        "adapters/stepping/tables.py",
        "jnp.where(is_first, new, old), fresh, carry",
        "jnp.where(is_first, old, new), fresh, carry",
        (
            "adapters/stepping/test_stepping_tables.py::test_a_run_is_the_same_by_look_ups_and_by_compiled_steps",
        ),
    ),
    Mutation(
        "adapters/conversion.py",
        "(given < space.nvec) & (given >= 0)",
        "(given <= space.nvec) & (given >= 0)",
        (
            "adapters/test_vector_env.py::test_actions_outside_the_space_are_rejected_and_change_nothing",
        ),
    ),
    Mutation(
        "adapters/conversion.py",
        "(given >= space.low) & (given <= space.high)",
        "(given >= space.low) | (given <= space.high)",
        ("adapters/test_vector_env.py::test_one_continuous_action_beyond_its_bounds_is_rejected",),
    ),
    Mutation(
        "adapters/vector_env.py",
        "np.where(done.reshape(-1, *(1,) * (ob.ndim - 1)), step.final_ob, ob)",
        "np.where(done.reshape(-1, *(1,) * (ob.ndim - 1)), ob, ob)",
        (
            "adapters/test_vector_env.py::test_every_autoreset_mode_shows_the_functional_environments",
        ),
    ),
    # tasks and their numbers
    Mutation(
        "tasks/value/economic_decision_making.py",
        "better = (values[1] > values[0])",
        "better = (values[1] >= values[0])",
        ("tasks/value/test_economic_decision_making.py",),
    ),
    Mutation(
        "core/env.py",
        'Number("").checked(f"rewards[{name!r}]", amount)',
        "pass",
        ENV,
    ),
    Mutation(
        "core/params.py",
        "item >= self.dtype(self.at_least)",
        "item > self.dtype(self.at_least)",
        ("core/test_params.py",),
    ),
    Mutation(
        "core/params.py",
        "item <= self.dtype(self.at_most)",
        "item < self.dtype(self.at_most)",
        ("core/test_params.py",),
    ),
    Mutation(
        "core/params.py",
        "item > self.dtype(self.above)",
        "item >= self.dtype(self.above)",
        ("core/test_params.py",),
    ),
    # tasks of value
    Mutation("random.py", "low + jnp.abs(moved - low)", "jnp.maximum(moved, low)", RANDOM),
    Mutation("tasks/value/bandit.py", "_holds(drawn) & ~is_chosen", "_holds(drawn)", BANDIT),
    Mutation(
        "tasks/value/bandit.py",
        'jnp.where(conditions["baited"], 1, conditions["p"])',
        'conditions["p"]',
        BANDIT,
    ),
    Mutation(
        "tasks/value/daw_two_step.py",
        "jnp.where(start == 2, pair[::-1], pair)",
        "pair",
        ("tasks/value/test_daw_two_step.py",),
    ),
    Mutation(
        "tasks/value/post_decision_wager.py",
        'rewards["correct"] * sure',
        'rewards["correct"] * params.sure',
        ("tasks/value/test_post_decision_wager.py",),
    ),
    Mutation(
        "tasks/value/probabilistic_reasoning.py",
        "(log_odd > _ROUNDING)",
        "(log_odd > -_ROUNDING)",
        ("tasks/value/test_probabilistic_reasoning.py",),
    ),
    # what a subject is shown once more, and asked beside
    Mutation("wrappers/motion_pulses.py", "-np.cos(stimuli.ring(", "np.cos(stimuli.ring(", PULSES),
    Mutation("wrappers/motion_pulses.py", "end - start - lasts + 1", "end - start - lasts", PULSES),
    Mutation(
        "tasks/memory/delay_match_sample_distractor_1d.py",
        "jnp.where(is_match[0], offsets[1], offsets[0])",
        "offsets[0]",
        ("tasks/memory/test_delay_match_sample_distractor_1d.py",),
    ),
    Mutation(
        "tasks/memory/delay_paired_association.py",
        "(inner > 0) & ~has_answered",
        "(inner > 0)",
        PAIRED,
    ),
    Mutation(
        "tasks/memory/delay_paired_association.py",
        "held_back = (inner != GO) & ~has_answered",
        "held_back = inner != GO",
        PAIRED,
    ),
    Mutation(
        "recording/table.py",
        "given[main] & (np.asarray((answers or {})[main]) != 0)",
        "given[main]",
        ("recording/test_outcomes.py",),
    ),
    # learning
    Mutation("training/supervised.py", "if env.lasts_whole:", "if False:", SUPERVISED),
    Mutation(
        "training/supervised.py",
        "self.row_trials, *x.shape[2:]), 2, 0)",
        "self.row_trials, *x.shape[2:]), 2, 0)[::-1]",
        SUPERVISED,
    ),
    Mutation(
        "training/supervised.py",
        "memory = jnp.take_along_axis(states, ends, axis=0)[0]",
        "memory = jax.lax.stop_gradient(jnp.take_along_axis(states, ends, axis=0)[0])",
        SUPERVISED,
    ),
    Mutation(
        "training/ppo.py",
        "jnp.where(terminated, 0.0, next_values)",
        "next_values",
        ("training/test_train.py::test_advantages_equal_a_loop_with_termination_and_truncation",),
    ),
    # pictures
    Mutation(
        "plotting/time_axis.py",
        "enumerate(trials, start=1)",
        "enumerate(trials)",
        ("plotting/test_plot_env.py",),
    ),
]
