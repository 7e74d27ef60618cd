"""Many short chains of the latent-class model: starts, warm-up, draws, and the question whether they have met."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from darkfigure.estimate.bayes.convergence import bulk_and_tail, nested_r_hat
from darkfigure.estimate.bayes.latent_class_model import FARTHEST, Array, LatentClassModel, Metric, State

Sampler = Literal["marginal", "gibbs"]
Progress = Callable[[str, int, int], None]

LARGEST_R_HAT = 1.05
FEWEST_DRAWS = 150.0
"""Independent draws that the middle and each tail must be worth."""
_WARM_SWEEPS = 40
_WARM_HOPS = (8, 8)
_STEPS, _STEP_SIZE = 9, 0.38
_OWN_SHARE = 0.1
_SWEEP_EVERY = 8


@dataclass(frozen=True, slots=True, eq=False)
class Draws:
    """Draws of the number missing, and what they are worth.

    Parameters
    ----------
    missing : ndarray, shape (iterations, chains)
        Of the last run; what came before was burn-in.
    r_hat : float
        Nested R-hat.
    bulk, tail : float
        Independent draws the middle and the worse tail are worth.
    burn_in : int
        Iterations of each chain that were thrown away.
    accepted : float
        Share of hops accepted; 1 for the plain sampler.
    """

    missing: Array
    r_hat: float
    bulk: float
    tail: float
    burn_in: int
    accepted: float

    @property
    def settled(self) -> bool:
        """Whether the chains have met and the draws are worth enough."""
        return self.r_hat <= LARGEST_R_HAT and min(self.bulk, self.tail) >= FEWEST_DRAWS


def sample_missing(
    model: LatentClassModel,
    *,
    chains: int,
    groups: int,
    draws: int,
    seed: int,
    extensions: int = 3,
    sampler: Sampler = "marginal",
    progress: Progress = lambda stage, done, total: None,
) -> Draws:
    """How probable is each number missing under latent classes?

    Parameters
    ----------
    model : LatentClassModel
        With the table in it.
    chains, groups : int
        Chains, and groups of them that begin at one place each; ``groups`` divides ``chains``.
    draws : int
        Draws kept from the first run, all chains together.
    seed : int
        Same seed, same draws.
    extensions : int
        How often a run that has not settled becomes burn-in of one twice as long.
    sampler : {"marginal", "gibbs"}
        Hops over the marginal density with a Gibbs sweep after every eighth, or Gibbs sweeps alone.
    progress : callable
        ``progress(stage, done, total)``, in runs.

    Returns
    -------
    Draws
        Settled, or the last run when the extensions are used up or would not be enough.

    Notes
    -----
    A hop is a Hamiltonian step on the density with classes of units and the number missing integrated out; its metric
    is the expected curvature of the cells where a chain stood at the end of its warm-up, and is then left alone.

    Source
    ------
    Duane, Kennedy, Pendleton and Roweth (1987), doi 10.1016/0370-2693(87)91197-X.

    Examples
    --------
    >>> model = LatentClassModel(np.array([[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]]), np.array([9.0, 8, 7, 6]),
    ...     classes=1, a_alpha=0.25, b_alpha=0.25)
    >>> sample_missing(model, chains=32, groups=4, draws=3200, seed=1).settled
    True
    """
    rng = np.random.default_rng(seed)
    state = starts(model, chains=chains, groups=groups, rng=rng)
    burn_in, far_apart = _WARM_SWEEPS, math.inf
    for _ in range(_WARM_SWEEPS):
        state, _ = model.gibbs(state, rng)
    for run in range(extensions + 1):
        progress("latent classes", run, extensions + 1)
        length = max(-(-draws // chains), 8) * 2**run
        if sampler == "gibbs":
            state, missing, accepted = _sweeps(model, state, length, rng)
        else:
            state, metric = _adapted(model, state, rng)
            burn_in += sum(_WARM_HOPS)
            state, missing, accepted = _hops(model, state, metric, length, rng)
        bulk, tail = bulk_and_tail(missing)
        found = Draws(missing, nested_r_hat(missing, groups), bulk, tail, burn_in, accepted)
        if found.settled:
            break
        # R-hat of draws that are worth little is too rough to be carried forward.
        if min(bulk, tail) >= FEWEST_DRAWS and hopeless(far_apart, found.r_hat, extensions - run):
            break
        burn_in, far_apart = burn_in + length, found.r_hat
    progress("latent classes", extensions + 1, extensions + 1)
    return found


def hopeless(before: float, now: float, runs_left: int) -> bool:
    """Whether chains that are apart would still be apart at the end, even if they drew near twice as fast from here on.

    Parameters
    ----------
    before, now : float
        R-hat of a run and of the next, twice as long; ``before`` is infinite where there was none.
    runs_left : int
        Runs still allowed, each twice as long as the one before.

    Notes
    -----
    ``(now - 1) ((now - 1) / (before - 1))^(2 runs_left)`` is compared with what is allowed. Chains that meet come down
    by a factor of four and more at each doubling; chains that sit on different humps hardly come down at all.

    Examples
    --------
    >>> hopeless(1.30, 1.26, 2), hopeless(1.11, 1.06, 2), hopeless(float("inf"), 1.3, 3)
    (True, False, False)
    """
    if not (math.isfinite(before) and before > 1 and math.isfinite(now)):
        return False
    return (now - 1) * ((now - 1) / (before - 1)) ** (2 * runs_left) > LARGEST_R_HAT - 1


def starts(model: LatentClassModel, *, chains: int, groups: int, rng: np.random.Generator) -> State:
    """Places to begin: one large class whose chances are a tenth to all of those seen, the rest from the prior.

    Starts with many large classes would be trapped for thousands of sweeps where several classes share the work of one.

    Examples
    --------
    >>> model = LatentClassModel(np.eye(3), np.ones(3), classes=4, a_alpha=1.0, b_alpha=1.0)
    >>> starts(model, chains=6, groups=2, rng=np.random.default_rng(1)).position.shape
    (6, 15)
    """
    chances = rng.uniform(0.02, 0.98, (groups, model.classes, model.lists))
    seen = (model.cells[:-1] * model.counts[:, None]).sum(axis=0) / model.n_observed
    chances[:, 0] = np.clip(seen * rng.uniform(0.1, 1, (groups, 1)), 0.002, 0.98)
    sticks = np.clip(rng.beta(1, 1, (groups, model.classes - 1)), 0.01, 0.99)
    sticks[:, :1] = 0.9
    made = np.concatenate([chances.reshape(groups, -1), sticks], axis=1)
    position = np.repeat(np.log(made) - np.log1p(-made), chains // groups, axis=0)
    return State(position, np.ones(chains))


def _sweeps(model: LatentClassModel, state: State, length: int, rng: np.random.Generator) -> tuple[State, Array, float]:
    missing = np.empty((length, len(state.alpha)))
    for i in range(length):
        state, missing[i] = model.gibbs(state, rng)
    return state, missing, 1.0


def _adapted(model: LatentClassModel, state: State, rng: np.random.Generator) -> tuple[State, Metric]:
    for hops in _WARM_HOPS:
        state, _, _ = _hops(model, state, model.metric(state, _OWN_SHARE), hops, rng)
    return state, model.metric(state, _OWN_SHARE)


def _hops(
    model: LatentClassModel, state: State, metric: Metric, length: int, rng: np.random.Generator
) -> tuple[State, Array, float]:
    missing, accepted = np.empty((length, len(state.alpha))), 0.0
    for i in range(length):
        state, unseen, share = _hop(model, state, metric, rng)
        missing[i] = model.draw_missing(unseen, rng)
        accepted += share / length
        if i % _SWEEP_EVERY == _SWEEP_EVERY - 1:
            state, _ = model.gibbs(state, rng)
    return state, missing, accepted


def _hop(model: LatentClassModel, state: State, metric: Metric, rng: np.random.Generator) -> tuple[State, Array, float]:
    chains = len(state.alpha)
    here = model.slope(state)
    momentum = metric.momentum(rng)
    step = _STEP_SIZE * rng.uniform(0.6, 1.2, (chains, 1))
    velocity = metric.velocity(momentum)
    energy = here.log_density - 0.5 * (momentum * velocity).sum(axis=1)
    position = state.position
    momentum += 0.5 * step * here.gradient
    # A trajectory that leaves the range of numbers is refused below, whatever it came to.
    with np.errstate(all="ignore"):
        for i in range(_STEPS):
            position = position + step * metric.velocity(momentum)
            there = model.slope(State(position, state.alpha))
            momentum += (step if i < _STEPS - 1 else 0.5 * step) * there.gradient
        change = there.log_density - 0.5 * (momentum * metric.velocity(momentum)).sum(axis=1) - energy
        taken = (np.log(rng.random(chains)) < change) & (np.abs(position).max(axis=1) < FARTHEST)
    position = np.where(taken[:, None], position, state.position)
    unseen = np.where(taken, there.unseen_chance, here.unseen_chance)
    return State(position, model.renew_alpha(position, rng)), unseen, float(taken.mean())


def n_groups(chains: int) -> int:
    """Four to eight groups of equal size where that is possible, or each chain by itself.

    Examples
    --------
    >>> n_groups(192), n_groups(4), n_groups(20), n_groups(11)
    (8, 4, 5, 11)
    """
    return max((g for g in range(4, 9) if chains % g == 0), default=chains)
