"""Trainings in folders: all that goes on from there, by Orbax, and what it is, as JSON."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import numpy as np

from jaxgym_neuro.core.identity import differences
from jaxgym_neuro.support.dividing import wait_for_all
from jaxgym_neuro.support.extras import needed_by
from jaxgym_neuro.support.folders import write_whole
from jaxgym_neuro.support.keys import as_words, from_words, is_key
from jaxgym_neuro.support.validation import is_dict
from jaxgym_neuro.training.learning import Learner, Progress
from jaxgym_neuro.training.recipes import completed

CONFIG = "training.json"
_STEPS = "checkpoints"


class Folder:
    """Where a training is saved, chunk by chunk; the last checkpoint is kept.

    Args:
        path: of the folder, which need not exist yet.
        identity: what makes the training what it is, fit for JSON.
        resume: whether to go on from what is there.

    Raises:
        ValueError: if another training is there, saying what differs; or if the same one is, and
            it is not to be resumed.
    """

    def __init__(self, path: str | Path, identity: Mapping[str, Any], resume: bool):
        with needed_by("a checkpoint"):
            import orbax.checkpoint as ocp  # takes longer than all the rest to import

        self.path = Path(path).resolve()
        self._ocp, self._key_impl = ocp, identity["key_impl"]
        known = self.path / CONFIG
        written = json.loads(known.read_text()) if known.exists() else None
        wait_for_all("what training there is")  # before the first process writes
        if written is not None:
            if not resume:
                raise ValueError(
                    f"there is a training in {path}: resume=True goes on with it, and another "
                    "folder keeps it"
                )
            if is_dict(written):
                written = completed(identity["method"], written)
            told = differences(identity, written)
            if told:
                raise ValueError(f"the training in {path} is another one: {'; '.join(told)}")
        if jax.process_index() == 0:
            self.path.mkdir(parents=True, exist_ok=True)
            write_whole(known, json.dumps(dict(identity), indent=2) + "\n")
        wait_for_all("what the training is")
        self._manager = _manager(ocp, self.path / _STEPS)

    def restore(self, like: Learner) -> Progress | None:
        """Return where the training was, or None if nothing is there."""
        return _restored(self._ocp, self._manager, like, self._key_impl)

    def save(self, progress: Progress) -> None:
        """Save where the training is."""
        args = self._ocp.args
        metrics = {name: values.tolist() for name, values in progress.metrics.items()}
        items = args.Composite(
            learners=args.StandardSave(_plain(progress.learners)), metrics=args.JsonSave(metrics)
        )
        self._manager.save(progress.number, args=items)

    def close(self) -> None:
        """Finish what is being written."""
        self._manager.close()


def read(path: str | Path, like: Learner, key_impl: str) -> Progress:
    """Return where the training in a folder was.

    Args:
        path: the folder.
        like: learners as shapes, ``jax.ShapeDtypeStruct``.
        key_impl: of their keys.

    Raises:
        ValueError: if there is none.
    """
    with needed_by("a checkpoint"):
        import orbax.checkpoint as ocp  # see above

    folder = Path(path).resolve() / _STEPS
    if not folder.is_dir():
        raise ValueError(f"there is no training in {path}")
    manager = _manager(ocp, folder)
    found = _restored(ocp, manager, like, key_impl)
    manager.close()
    if found is None:
        raise ValueError(f"the training in {path} has no checkpoint yet")
    return found


def _manager(ocp, folder):
    options = ocp.CheckpointManagerOptions(max_to_keep=1, enable_async_checkpointing=False)
    return ocp.CheckpointManager(folder, options=options)


def _restored(ocp, manager, like, key_impl):
    number = manager.latest_step()
    if number is None:
        return None
    here = jax.sharding.SingleDeviceSharding(jax.local_devices()[0])
    leaves, structure = jax.tree.flatten(like)
    plain = {
        name: jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=one.sharding or here)
        for (name, x), one in zip(jax.eval_shape(_plain, like).items(), leaves, strict=True)
    }
    items = ocp.args.Composite(
        learners=ocp.args.StandardRestore(plain), metrics=ocp.args.JsonRestore()
    )
    found = manager.restore(number, args=items)
    restored = [
        from_words(found["learners"][name], key_impl if is_key(one) else None)
        for one, name in zip(leaves, plain, strict=True)
    ]
    metrics = {name: np.asarray(x, np.float32) for name, x in found["metrics"].items()}
    return Progress(jax.tree.unflatten(structure, restored), metrics, number)


def _plain(tree: Any) -> dict[str, Any]:
    """Return the leaves of a pytree by number, keys as words: Orbax knows no others."""
    leaves = [as_words(x) for x in jax.tree.leaves(tree)]
    return {f"{number:05}": leaf for number, leaf in enumerate(leaves)}
