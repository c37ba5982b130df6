"""What holds for all tests: strict dtype promotion, and one fixed key."""

import gc

import jax
import pytest

# Tests with PyTorch run in an environment of their own: make test-torch. Those of the site need it
# built, and a browser: make test-site.
collect_ignore = ["site", "torch"]

jax.config.update("jax_numpy_dtype_promotion", "strict")


def pytest_collection_finish():
    """Look for garbage less often, and not in what stays, which took 8 % of the tests' CPU time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture
def key():
    return jax.random.key(20)


@pytest.fixture
def relaxed_promotion():
    """For tests through gymnax's wrappers, which mix dtypes themselves."""
    with jax.numpy_dtype_promotion("standard"):
        yield


@pytest.fixture
def checked_keys():
    """For tests in which no key is used twice; a second use is an error.

    Not everywhere, because to compare two ways of computing one thing takes the same key twice.
    """
    with jax.debug_key_reuse(True):
        yield


@pytest.fixture
def restored_registries():
    """Forget the tasks that a test registers."""
    import gymnasium
    import gymnax.registration  # which takes two seconds

    from jaxgym_neuro import registry

    tables = (registry._entries, gymnasium.registry, gymnax.registration._registry)
    kept = [dict(table) for table in tables]
    names = list(gymnax.registration.registered_envs)
    yield
    for table, before in zip(tables, kept, strict=True):
        table.clear()
        table.update(before)
    gymnax.registration.registered_envs[:] = names
