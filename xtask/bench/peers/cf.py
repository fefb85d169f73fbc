"""Other libraries' training on the interactions that Marquee was measured on.

Trains one model, times each step by wall and by processor, ranks all items for the test viewers and
prints one JSON object, as `xtask/bench/src/cf/contender.rs` does.
"""

import argparse
import importlib
import json
import os
import pathlib
import resource
import time

options = argparse.ArgumentParser()
options.add_argument("--folder", type=pathlib.Path, required=True)
options.add_argument("--model", required=True)
options.add_argument("--factors", type=int, default=64)
options.add_argument("--iterations", type=int, default=4)
options.add_argument("--threads", type=int, default=1)
options = options.parse_args()

# Read by the libraries when they are loaded.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = str(options.threads)

import numpy as np
import scipy.sparse as sp

K = 20


def rows(name, shape):
    """The rows `name` of the world as a sparse matrix of ones."""
    offsets = np.fromfile(options.folder / f"{name}.offsets", "<u8").astype(np.int64)
    columns = np.fromfile(options.folder / f"{name}.columns", "<u4").astype(np.int32)
    return sp.csr_matrix((np.ones(len(columns), np.float32), columns, offsets), shape)


def implicit_als(train, tick, use_cg):
    from implicit.cpu.als import AlternatingLeastSquares

    # The same loss as ours: confidence 1 against `a0`, which implicit states as alpha = 1 / a0, scaled.
    weight = 500 / (train.shape[0] * train.shape[1]) ** 0.5
    model = AlternatingLeastSquares(
        factors=options.factors,
        regularization=0.01,
        alpha=1 / weight,
        use_cg=use_cg,
        iterations=options.iterations,
        num_threads=options.threads,
        random_state=1,
    )
    model.fit(train, show_progress=False, callback=tick)
    return model.user_factors, model.item_factors


def implicit_bpr(train, tick):
    from implicit.cpu.bpr import BayesianPersonalizedRanking

    # One of the numbers is a bias that implicit adds itself.
    model = BayesianPersonalizedRanking(
        factors=options.factors - 1,
        iterations=options.iterations,
        num_threads=options.threads,
        random_state=1,
    )
    model.fit(train, show_progress=False, callback=tick)
    return model.user_factors, model.item_factors


def implicit_bm25(train, tick):
    from implicit.nearest_neighbours import BM25Recommender

    model = BM25Recommender(K=100, num_threads=options.threads)
    model.fit(train, show_progress=False)
    tick()
    return model.similarity


def irspack_ials(train, tick, solver):
    from irspack import IALSRecommender

    weight = 500 / (train.shape[0] * train.shape[1]) ** 0.5
    model = IALSRecommender(
        train,
        n_components=options.factors,
        alpha0=weight,
        reg=0.007,
        solver_type=solver,
        n_threads=options.threads,
        random_seed=1,
    )
    model.start_learning()
    tick()
    for _ in range(options.iterations):
        model.run_epoch()
        tick()
    return model.trainer.core_trainer.user, model.trainer.core_trainer.item


def buffalo_als(train, tick, optimizer):
    import tempfile

    import buffalo
    import buffalo.misc.log
    import scipy.io

    buffalo.misc.log.set_log_level(0)
    folder = tempfile.TemporaryDirectory()
    path = pathlib.Path(folder.name)
    scipy.io.mmwrite(path / "train.mtx", train, field="integer")
    data = buffalo.MatrixMarketOptions().get_default_option()
    data.input.main = str(path / "train.mtx")
    data.data.path = str(path / "train.h5py")
    data.data.tmp_dir = folder.name
    data.data.validation = {}
    weight = 500 / (train.shape[0] * train.shape[1]) ** 0.5
    told = buffalo.ALSOption().get_default_option()
    told.d = options.factors
    told.num_workers = options.threads
    told.alpha = 1 / weight
    told.optimizer = optimizer
    told.num_iters = 1
    told.random_seed = 1
    told.compute_loss_on_training = False
    told.evaluation_on_learning = False
    model = buffalo.ALS(told, data_opt=data)
    model.initialize()
    # Reading its own form of the data is not training.
    ticks.clear()
    tick()
    # It goes on from where it is, as it does between the iterations of one call.
    for _ in range(options.iterations):
        model.train()
        tick()
    return model.P, model.Q


def lenskit_als(train, tick):
    import pandas
    import torch

    torch.set_num_threads(options.threads)
    from lenskit.als import ImplicitMFScorer
    from lenskit.data import from_interactions_df
    from lenskit.training import TrainingOptions

    pairs = train.tocoo()
    data = from_interactions_df(pandas.DataFrame({"user_id": pairs.row, "item_id": pairs.col}))
    # Its weight is what a touch counts above the ones that everything counts.
    weight = (train.shape[0] * train.shape[1]) ** 0.5 / 500
    model = ImplicitMFScorer(
        embedding_size=options.factors,
        epochs=options.iterations,
        regularization=0.1,
        weight=weight,
    )
    trainer = model.create_trainer(data, TrainingOptions(rng=1))
    tick()
    for _ in range(options.iterations):
        trainer.train_epoch()
        tick()
    trainer.finalize()

    def placed(ids, vectors, n):
        found = np.zeros((n, options.factors), np.float32)
        found[np.asarray(ids)] = np.asarray(vectors)
        return found

    users = placed(model.users.ids(), model.user_embeddings, train.shape[0])
    return users, placed(model.items.ids(), model.item_embeddings, train.shape[1])


def fastslim(train, tick):
    import fastslim

    model = fastslim.SLIM(lambd=5.0, beta=20.0, max_iter=60, n_threads=options.threads)
    model.fit(train)
    tick()
    return sp.csr_matrix(model.weights)


def ease(train, tick):
    gram = (train.T @ train).toarray()
    gram[np.diag_indices_from(gram)] += 200.0
    weights = np.linalg.inv(gram)
    weights /= -np.diag(weights)
    weights[np.diag_indices_from(weights)] = 0.0
    tick()
    return sp.csr_matrix((0, 0)), weights


MODELS = {
    "implicit ALS: CG": lambda train, tick: implicit_als(train, tick, True),
    "implicit ALS: Cholesky": lambda train, tick: implicit_als(train, tick, False),
    "implicit BPR": implicit_bpr,
    "implicit BM25": implicit_bm25,
    "irspack iALS: Cholesky": lambda train, tick: irspack_ials(train, tick, "CHOLESKY"),
    "irspack iALS: CG": lambda train, tick: irspack_ials(train, tick, "CG"),
    "irspack iALS++": lambda train, tick: irspack_ials(train, tick, "IALSPP"),
    "buffalo ALS: CG": lambda train, tick: buffalo_als(train, tick, "manual_cg"),
    "buffalo ALS: Cholesky": lambda train, tick: buffalo_als(train, tick, "llt"),
    "lenskit ALS": lenskit_als,
    "fastslim SLIM": fastslim,
    "numpy EASE": ease,
}


def scores(fitted, train, viewers):
    """Scores of all items for some viewers."""
    if not isinstance(fitted, tuple):
        return (train[viewers] @ fitted).toarray()
    left, right = fitted
    if left.shape[0] == 0:
        return train[viewers] @ right
    return np.asarray(left)[viewers] @ np.asarray(right).T


def ndcg(fitted, train, test):
    """Mean nDCG over the tested viewers, their other items left out."""
    tested = np.flatnonzero(np.diff(test.indptr))
    gains = 1 / np.log2(np.arange(K) + 2)
    total = 0.0
    for start in range(0, len(tested), 500):
        viewers = tested[start : start + 500]
        found = np.array(scores(fitted, train, viewers), np.float32)
        history = train[viewers].tocoo()
        found[history.row, history.col] = -np.inf
        best = np.argpartition(-found, K, axis=1)[:, :K]
        order = np.argsort(-np.take_along_axis(found, best, 1), axis=1)
        best = np.take_along_axis(best, order, 1)
        for row, viewer in enumerate(viewers):
            wanted = test.indices[test.indptr[viewer] : test.indptr[viewer + 1]]
            hits = np.isin(best[row], wanted)
            total += (hits * gains).sum() / gains[: min(K, len(wanted))].sum()
    return total / len(tested)


# When each step began and ended, by wall and by processor.
ticks = []


def tick(*_):
    ticks.append((time.perf_counter(), time.process_time()))


def main():
    shape = tuple(map(int, (options.folder / "shape").read_text().split()))
    train, test = rows("train", shape), rows("test", shape)
    importlib.import_module(options.model.split()[0])
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    tick()
    fitted = MODELS[options.model](train, tick)
    tick()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    steps = [(b[0] - a[0], b[1] - a[1]) for a, b in zip(ticks, ticks[1:-1])]
    steps = steps[1:] if len(steps) > 1 else steps
    median = lambda part: sorted(step[part] for step in steps)[len(steps) // 2]
    library, _, model = options.model.partition(" ")
    outcome = {
        "library": library,
        "model": model,
        "factors": options.factors,
        "threads": options.threads,
        "iterations": options.iterations,
        "step_seconds": median(0),
        "step_cpu_seconds": median(1),
        "seconds": ticks[-1][0] - ticks[0][0],
        "cpu_seconds": ticks[-1][1] - ticks[0][1],
        "ndcg20": ndcg(fitted, train, test),
        "peak_bytes": 1024 * (peak - base),
    }
    print(json.dumps(outcome))


main()
