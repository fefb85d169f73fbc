"""Other libraries' models for `cargo xtask bench cf --quality`.

Reads orders, one JSON object a line: the folder of a part, parameters, how long lists are to be and where
they go. Trains on the rows of the part, ranks all items but those of the history for each case, and answers
with the processor seconds of training. What is to be found is not here.
"""

import argparse
import json
import os
import pathlib
import sys
import time

options = argparse.ArgumentParser()
options.add_argument("--model", required=True)
options.add_argument("--threads", type=int, default=1)
options = options.parse_args()

# Read by the libraries when they are loaded.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = str(options.threads)

import numpy as np
import scipy.sparse as sp

# Answers have the output to themselves; what libraries print goes nowhere.
answers = os.fdopen(os.dup(1), "w")
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)

NOBODY = NOTHING = 2**32 - 1
CASES = 1000


class Part:
    """Rows to train on, and histories of those who are asked for."""

    def __init__(self, folder):
        folder = pathlib.Path(folder)
        n_rows, n_items, n_cases = map(int, (folder / "shape").read_text().split())
        self.train = matrix(folder, "train", (n_rows, n_items))
        self.history = matrix(folder, "history", (n_cases, n_items))
        rows = np.fromfile(folder / "rows", "<u4")
        # Their own rows where training knows everybody.
        self.rows = None if (rows == NOBODY).any() else rows


def matrix(folder, name, shape):
    offsets = np.fromfile(folder / f"{name}.offsets", "<u8").astype(np.int64)
    columns = np.fromfile(folder / f"{name}.columns", "<u4").astype(np.int32)
    found = sp.csr_matrix((np.ones(len(columns), np.float32), columns, offsets), shape)
    found.sort_indices()
    return found


def by_weights(weights):
    """Scores by a matrix of weights between items."""

    def scores(part, cases):
        found = part.history[cases] @ weights
        return found.toarray() if sp.issparse(found) else np.asarray(found)

    return scores


def by_vectors(users, items, fold_in):
    """Scores by vectors: those of training where it knew the user, folded in where it did not."""

    def scores(part, cases):
        known = part.rows is not None
        own = users[part.rows[cases]] if known else fold_in(part.history[cases])
        return own @ items.T

    return scores


def implicit_als(part, factors, regularization, alpha, iterations):
    from implicit.cpu.als import AlternatingLeastSquares

    model = AlternatingLeastSquares(
        factors=factors,
        regularization=regularization,
        alpha=alpha,
        iterations=iterations,
        use_cg=factors > 128,
        num_threads=options.threads,
        random_state=1,
    )
    model.fit(part.train, show_progress=False)

    def fold_in(histories):
        return model.recalculate_user(np.arange(histories.shape[0]), histories)

    return by_vectors(model.user_factors, model.item_factors, fold_in)


def implicit_bm25(part, **settings):
    from implicit.nearest_neighbours import BM25Recommender

    model = BM25Recommender(num_threads=options.threads, **settings)
    model.fit(part.train, show_progress=False)
    return by_weights(model.similarity)


def irspack_ials(part, **settings):
    from irspack import IALSRecommender

    settings = {"solver_type": "CHOLESKY", **settings}
    model = IALSRecommender(part.train, n_threads=options.threads, random_seed=1, **settings)
    model.learn()
    users, items = model.get_user_embedding(), model.get_item_embedding()
    return by_vectors(users, items, model.compute_user_embedding)


def irspack(name):
    def fit(part, **settings):
        import irspack

        if name != "EDLAERecommender":
            settings["n_threads"] = options.threads
        model = getattr(irspack, name)(part.train, **settings).learn()
        return lambda part, cases: model.get_score_cold_user(part.history[cases])

    return fit


def lenskit_als(part, embedding_size, regularization, weight, epochs):
    import pandas
    import torch

    torch.set_num_threads(options.threads)
    from lenskit.als import ImplicitMFScorer
    from lenskit.data import from_interactions_df
    from lenskit.training import TrainingOptions

    pairs = part.train.tocoo()
    data = from_interactions_df(pandas.DataFrame({"user_id": pairs.row, "item_id": pairs.col}))
    model = ImplicitMFScorer(
        embedding_size=embedding_size, epochs=epochs, regularization=regularization, weight=weight
    )
    model.train(data, TrainingOptions(rng=1))

    def placed(ids, vectors, n):
        found = np.zeros((n, embedding_size), np.float32)
        found[np.asarray(ids)] = np.asarray(vectors)
        return found

    users = placed(model.users.ids(), model.user_embeddings, part.train.shape[0])
    items = placed(model.items.ids(), model.item_embeddings, part.train.shape[1])
    base = items.T @ items + regularization * np.eye(embedding_size, dtype=np.float32)

    # The equation that it solves for people whom it does not know.
    def fold_in(histories):
        found = np.zeros((histories.shape[0], embedding_size), np.float32)
        for row in range(histories.shape[0]):
            own = items[histories.indices[histories.indptr[row] : histories.indptr[row + 1]]]
            found[row] = np.linalg.solve(base + weight * own.T @ own, (weight + 1) * own.sum(0))
        return found

    return by_vectors(users, items, fold_in)


def fastslim(part, **settings):
    import fastslim

    model = fastslim.SLIM(max_iter=60, n_threads=options.threads, **settings)
    model.fit(part.train)
    return by_weights(sp.csr_matrix(model.weights))


def ease(part, regularization):
    gram = (part.train.T @ part.train).toarray().astype(np.float64)
    gram[np.diag_indices_from(gram)] += regularization
    weights = np.linalg.inv(gram)
    weights /= -np.diag(weights)
    weights[np.diag_indices_from(weights)] = 0.0
    return by_weights(weights.astype(np.float32))


MODELS = {
    "implicit ALS": implicit_als,
    "implicit BM25": implicit_bm25,
    "irspack iALS": irspack_ials,
    "irspack RP3beta": irspack("RP3betaRecommender"),
    "irspack EDLAE": irspack("EDLAERecommender"),
    "irspack SLIM": irspack("SLIMRecommender"),
    "lenskit ALS": lenskit_als,
    "fastslim SLIM": fastslim,
    "numpy EASE": ease,
}


def ranked(scores, part, length):
    """The best items of each case, best first, those of his history left out."""
    n_cases, n_items = part.history.shape
    lists = np.full((n_cases, length), NOTHING, "<u4")
    shown = min(length, n_items - 1)
    for start in range(0, n_cases, CASES):
        cases = np.arange(start, min(start + CASES, n_cases))
        found = np.array(scores(part, cases), np.float32)
        history = part.history[cases].tocoo()
        found[history.row, history.col] = -np.inf
        best = np.argpartition(-found, shown, axis=1)[:, :shown]
        values = np.take_along_axis(found, best, 1)
        order = np.argsort(-values, axis=1, kind="stable")
        best = np.take_along_axis(best, order, 1).astype("<u4")
        best[np.take_along_axis(values, order, 1) == -np.inf] = NOTHING
        lists[cases, :shown] = best
    return lists


def main():
    for line in sys.stdin:
        order = json.loads(line)
        try:
            part = Part(order["part"])
            start = time.process_time()
            scores = MODELS[options.model](part, **order["params"])
            answer = {"cpu_seconds": time.process_time() - start}
            ranked(scores, part, order["length"]).tofile(order["lists"])
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)


main()
