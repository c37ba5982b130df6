"""The registry: ids, arguments, tags, descriptions, gymnax and Gymnasium, lazy imports."""

import subprocess
import sys

import gymnasium
import gymnax
import gymnax.registration
import pytest
from gymnax.wrappers.purerl import LogWrapper

import jaxgym_neuro as jgn
import jaxgym_neuro.gymnax
from jaxgym_neuro import registry
from jaxgym_neuro.adapters.gymnasium_env import GymnasiumEnv
from jaxgym_neuro.adapters.vector_env import TaskVectorEnv
from jaxgym_neuro.core.tables import SPECIES
from jaxgym_neuro.tasks.perceptual.perceptual_decision_making import PerceptualDecisionMaking

ID = "PerceptualDecisionMaking-v0"


@pytest.fixture
def registered():
    """A task registered for one test."""
    id = "RegistryTest-v3"
    jgn.register(id, PerceptualDecisionMaking, tags=("only-in-tests",))
    yield id
    del registry._entries[id]
    del gymnasium.registry[f"jaxgym_neuro/{id}"]
    gymnax.registration.registered_envs.remove(id)
    del gymnax.registration._registry[id]


def test_make_returns_the_task_and_its_params():
    env, params = jgn.make(ID, dt=50, sigma=0.5)
    assert env == PerceptualDecisionMaking(dt=50, sigma=0.5)
    assert params.sigma == 0.5


def test_unknown_id_names_the_closest():
    with pytest.raises(ValueError, match=f"unknown task 'PerceptualDecisionMakin-v0'.*'{ID}'"):
        jgn.make("PerceptualDecisionMakin-v0")
    with pytest.raises(ValueError, match="unknown task 'nothing'"):
        jgn.task_info("nothing")


def test_unknown_argument_names_the_closest():
    with pytest.raises(ValueError, match=f"unknown argument of {ID} 'dim_rign'.*'dim_ring'"):
        jgn.make(ID, dim_rign=3)


def test_an_id_and_an_environment_resolve_to_the_same():
    env, params = registry.resolve(ID, dt=50)
    assert env == PerceptualDecisionMaking(dt=50)
    assert type(params) is type(env.default_params)
    assert registry.resolve(env)[0] is env
    noisy = params.replace(sigma=0.5)
    assert registry.resolve(env, noisy)[1] is noisy
    assert registry.resolve(ID, noisy, dt=50) == (env, noisy)
    assert type(registry.resolve(LogWrapper(env))[1]) is type(params)
    plain, plain_params = registry.resolve(gymnax.make("CartPole-v1")[0])
    assert plain_params == plain.default_params


TAKERS = {
    "resolve": registry.resolve,
    "Dataset": jgn.Dataset,
    "rollout": lambda task, params=None: jgn.rollout(task, params, num_steps=1),
    "plot_env": lambda task, params=None: jgn.plotting.plot_env(task, params, num_steps=1),
    "GymnasiumEnv": GymnasiumEnv,
    "TaskVectorEnv": lambda task, params=None: TaskVectorEnv(task, 2, params),
    "MultiTask": lambda task: jgn.wrappers.MultiTask([task]),
    "check_task": jgn.testing.check_task,
}


@pytest.mark.parametrize("taker", TAKERS)
def test_whatever_takes_a_task_says_the_same_of_a_wrong_one(taker):
    with pytest.raises(ValueError, match="unknown task 'GoNogo-v9'; did you mean 'GoNogo-v0'"):
        TAKERS[taker]("GoNogo-v9")
    with pytest.raises(ValueError, match=r"a task is a registered id or an environment.*not 3"):
        TAKERS[taker](3)


@pytest.mark.parametrize("taker", ["Dataset", "rollout", "MultiTask", "check_task"])
def test_what_needs_trials_says_the_same_of_an_environment_without(taker):
    with pytest.raises(ValueError, match="needs a task made of trials"):
        TAKERS[taker](gymnax.make("CartPole-v1")[0])


@pytest.mark.parametrize(
    "make",
    [
        lambda env: registry.resolve(env, dt=20),
        lambda env: jgn.Dataset(env, {"dt": 20}),
        lambda env: GymnasiumEnv(env, dt=20),
        lambda env: TaskVectorEnv(env, dt=20),
    ],
)
def test_arguments_beside_an_environment_are_refused_in_one_way(make):
    with pytest.raises(ValueError, match=r"arguments \(dt\) go with a task's id; .* already"):
        make(PerceptualDecisionMaking())


@pytest.mark.parametrize(
    "taker", ["resolve", "rollout", "plot_env", "GymnasiumEnv", "TaskVectorEnv"]
)
def test_params_that_do_not_suit_are_refused_wherever_they_are_given(taker):
    with pytest.raises(ValueError, match="params of PerceptualDecisionMaking are made by its"):
        TAKERS[taker](ID, jgn.TrialParams())


def test_a_registered_task_is_known_everywhere(registered):
    assert registered in jgn.registered_tasks()
    assert jgn.registered_tasks("only-in-tests") == [registered]
    assert "only-in-tests" in jgn.all_tags()
    assert jgn.make(registered)[0] == PerceptualDecisionMaking()
    assert gymnax.make(registered)[0] == PerceptualDecisionMaking()
    assert f"jaxgym_neuro/{registered}" in gymnasium.registry


@pytest.mark.parametrize("id", [ID, "RegistryTest-v3"])
def test_an_id_is_taken_once(registered, id):
    with pytest.raises(ValueError, match="already registered; choose another id or version"):
        jgn.register(id, PerceptualDecisionMaking)


@pytest.mark.parametrize(
    "id", ["MyTask", "MyTask-v", "MyTask-vx", "v0", "my task: x/y-v0", "x/y-v0", "MyTask-v\u0661"]
)
def test_an_id_is_one_that_gymnasium_takes_or_nothing_is_registered(id):
    with pytest.raises(ValueError, match="ends in a version, as in 'MyTask-v0'"):
        jgn.register(id, PerceptualDecisionMaking)
    assert id not in jgn.registered_tasks()
    assert f"jaxgym_neuro/{id}" not in gymnasium.registry


def test_a_factory_is_callable():
    with pytest.raises(ValueError, match=r"factory is a callable .* not 3"):
        jgn.register("MyTask-v0", 3)


def test_the_factory_of_an_id_is_the_class_of_its_task():
    assert registry.factory_of(ID) is PerceptualDecisionMaking
    with pytest.raises(ValueError, match="did you mean 'GoNogo-v0'"):
        registry.factory_of("GoNogo")


def test_tags_select_tasks():
    assert ID in jgn.registered_tasks("perceptual")
    assert jgn.all_tags() == sorted(set(jgn.all_tags()))
    with pytest.raises(ValueError, match="unknown tag 'perceptal'; did you mean 'perceptual'"):
        jgn.registered_tasks("perceptal")


@pytest.mark.parametrize("id", jgn.registered_tasks())
def test_every_paper_says_whose_behaviour_or_activity_it_reports(id):
    paper = jgn.task_info(id).paper
    assert paper is None or (paper.species and set(paper.species) <= set(SPECIES))


def test_task_info_is_the_documentation():
    info = jgn.task_info(ID)
    assert info.id == ID
    assert info.description.startswith("Watch a cloud of moving dots")
    assert info.paper_link.startswith("https://")
    assert "perceptual" in info.tags
    assert str(info).startswith(ID)
    assert "Periods:" in str(info)


def test_gymnax_makes_every_registered_task():
    assert set(jgn.registered_tasks()) <= set(gymnax.registration.registered_envs)
    env, params = gymnax.make(ID)
    assert env == PerceptualDecisionMaking()
    assert type(params) is type(env.default_params)


def test_importing_the_package_imports_no_task():
    script = (
        "import sys, jaxgym_neuro; print([m for m in sys.modules if "
        "m.startswith('jaxgym_neuro.tasks.') and m.count('.') == 3])"
    )
    assert printed(script) == "[]"


def printed(script):
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return run.stdout.strip()


def test_importing_the_package_starts_no_backend_and_imports_nothing_heavy():
    script = """
import sys, jax, jaxgym_neuro
from jax._src import xla_bridge
heavy = {"gymnax", "matplotlib", "flax", "pandas", "scipy", "seaborn", "optax", "orbax"}
heavy |= {"torch", "tqdm", "rich"}
heavy |= {"psignifit", "sklearn", "jaxgym_neuro.analysis", "jaxgym_neuro.references"}
print(xla_bridge.backends_are_initialized(), sorted(heavy & set(sys.modules)))
"""
    assert printed(script) == "False []"


def test_importing_what_trains_starts_no_backend_as_processes_have_to_find_each_other_first():
    script = """
import sys, jax, jaxgym_neuro.training
from jax._src import xla_bridge
print(xla_bridge.backends_are_initialized(), "gymnax" in sys.modules)
"""
    assert printed(script) == "False False"


@pytest.mark.slow
def test_importing_the_package_costs_little_beside_jax():
    script = """
import time, jax
begin = time.process_time()
import jaxgym_neuro
print(time.process_time() - begin)
"""
    assert min(float(printed(script)) for _ in range(3)) < 0.3


def test_what_is_imported_when_it_is_used_is_there():
    assert {"ideal", "plotting", "testing"} <= set(dir(jgn))
    assert printed("import jaxgym_neuro as jgn; print(jgn.plotting.__name__)").endswith("plotting")
    with pytest.raises(AttributeError, match="has no attribute 'plots'"):
        jgn.plots  # noqa: B018


def test_a_task_is_an_environment_of_gymnax_without_deriving_from_it():
    """All that gymnax's base class has in public, but for hooks of its own and legacy helpers."""
    hooks = {"step_env", "reset_env", "get_obs", "with_transition_gradients"}
    legacy = {"is_truncated", "is_terminal", "is_terminated", "discount", "state_space"}
    public = {name for name in dir(gymnax.environments.environment.Environment) if name[0] != "_"}
    assert public - hooks - legacy <= set(dir(jgn.TrialEnv))
    assert not isinstance(PerceptualDecisionMaking(), gymnax.environments.environment.Environment)
