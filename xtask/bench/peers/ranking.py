"""Other libraries on the data sets that Marquee's rankers were measured on.

Trains one model on the arrays that `xtask/bench/src/ranking/folder.rs` describes, with the settings that
lie beside them, scores the test rows, times requests of 500 rows on one core and prints one JSON object,
as `xtask/bench/src/ranking/contender.rs` does.
"""

import argparse
import json
import os
import pathlib
import resource
import sys
import time

options = argparse.ArgumentParser()
options.add_argument("--folder", type=pathlib.Path, required=True)
options.add_argument("--model", required=True)
options.add_argument("--threads", type=int, default=1)
options.add_argument("--tree-heads", default="")
options = options.parse_args()

# Read by the libraries when they are loaded.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = str(options.threads)

import numpy as np

ROWS, REQUESTS, ROUNDS = 500, 60, 6
# Ids of columns up to this size are categories to trees; larger ones are counts and means.
CATEGORIES = 256
NO_POSITION = 2**32 - 1


class Data:
    """The arrays of a data set."""

    def __init__(self, folder):
        self.about = about = json.loads((folder / "about.json").read_text())
        self.train_end, self.test_start, self.n_rows = about["rows"]
        read = lambda name, kind: np.fromfile(folder / name, kind)
        self.dense = read("dense.f32", "<f4").reshape(self.n_rows, len(about["dense"]))
        self.sparse = read("sparse.u32", "<u4").reshape(self.n_rows, len(about["sizes"]))
        self.labels = read("labels.f32", "<f4").reshape(len(about["heads"]), self.n_rows)
        self.position = read("position.u32", "<u4")
        self.request = read("request.u32", "<u4")
        self.history = None
        if about["history"]:
            length = about["history"]["length"]
            self.history = read("history.u32", "<u4").reshape(-1, length)

    def groups(self, start, end):
        """Rows of each request, in order."""
        _, sizes = np.unique(self.request[start:end], return_counts=True)
        return sizes


class Clock:
    """Wall and processor time, added up over the stretches between `start` and `stop`."""

    def __init__(self):
        self.wall = self.cpu = 0.0

    def start(self):
        self.wall -= time.perf_counter()
        self.cpu -= time.process_time()

    def stop(self):
        self.wall += time.perf_counter()
        self.cpu += time.process_time()


def latency(score):
    """Times `score(first, last)` over requests of rows of the test part."""
    n_test = data.n_rows - data.test_start
    starts = [data.test_start + i * ROWS % max(1, n_test - ROWS) for i in range(REQUESTS)]
    times, cpu = [], 0.0
    for turn in range(ROUNDS):
        before = time.process_time()
        for start in starts:
            begin = time.perf_counter()
            score(start, start + ROWS)
            if turn:
                times.append((time.perf_counter() - begin) * 1e3)
        if turn:
            cpu += time.process_time() - before
    times.sort()
    at = lambda share: times[min(len(times) - 1, int(share * len(times) + 0.999))]
    return np.array([at(0.5), at(0.99), cpu * 1e3 / len(times)])


def encoded(head):
    """Numbers, position, small columns of ids as categories, and counts and means of large ones.

    A training row is told what the other folds of requests say.
    """
    labels = data.labels[head].astype(np.float64)
    end = data.train_end
    known = ~np.isnan(labels[:end])
    mean = labels[:end][known].mean()
    fold = data.request[:end] % 5
    columns, categories = [data.dense], []
    if data.about["positions"]:
        position = data.position.astype(np.float32)
        position[data.position == NO_POSITION] = np.nan
        columns.append(position[:, None])
    width = sum(column.shape[1] for column in columns)
    read_ids = data.about["settings"].get("tree_ids") != "left-out"
    for at, size in enumerate(data.about["sizes"] if read_ids else []):
        ids = data.sparse[:, at]
        if size <= CATEGORIES:
            columns.append(ids[:, None].astype(np.float32))
            categories.append(width)
            width += 1
            continue
        count = lambda rows: np.bincount(ids[:end][rows], minlength=size).astype(np.float64)
        total = lambda rows: np.bincount(ids[:end][rows], labels[:end][rows], size)
        n, sums = count(known), total(known)
        rows = np.empty((data.n_rows, 2), np.float32)
        rows[:, 0], rows[:, 1] = np.log1p(n[ids]), ((sums + 20 * mean) / (n + 20))[ids]
        for one in range(5):
            of_fold = (fold == one) & known
            left, kept = n - count(of_fold), sums - total(of_fold)
            here = np.flatnonzero(fold == one)
            rows[here, 0] = np.log1p(left[ids[here]])
            rows[here, 1] = ((kept + 20 * mean) / (left + 20))[ids[here]]
        columns.append(rows)
        width += 2
    return np.ascontiguousarray(np.hstack(columns), np.float32), categories


def tree_heads():
    wanted = options.tree_heads.split(",") if options.tree_heads else data.about["heads"]
    for place, head in enumerate(data.about["heads"]):
        if head in wanted and (data.labels[place, : data.train_end] > 0).any():
            yield place


def lightgbm(numbers, categories, head, clock):
    import lightgbm as lgb

    set_to = data.about["settings"]["trees"]
    graded = data.about["graded"]
    parameters = {
        "objective": "lambdarank" if graded else "cross_entropy",
        "metric": "ndcg" if graded else "cross_entropy",
        "ndcg_eval_at": [set_to["places"]],
        "num_leaves": set_to["leaves"],
        "learning_rate": set_to["learning_rate"],
        "min_data_in_leaf": set_to["leaf_rows"],
        "min_sum_hessian_in_leaf": set_to["leaf_curvature"],
        "lambda_l2": set_to["regularization"],
        "max_bin": set_to["bins"],
        "num_threads": options.threads,
        "force_row_wise": True,
        "seed": 1,
        "verbose": -1,
    }
    labels = data.labels[head]
    part = lambda start, end, of=None: lgb.Dataset(
        numbers[start:end],
        labels[start:end],
        group=data.groups(start, end) if graded else None,
        categorical_feature=categories,
        params=parameters,
        reference=of,
    )
    clock.start()
    train = part(0, data.train_end)
    judged = part(data.train_end, data.test_start, train)
    stop = lgb.early_stopping(set_to["patience"], verbose=False)
    model = lgb.train(parameters, train, set_to["trees"], valid_sets=[judged], callbacks=[stop])
    clock.stop()
    return model.best_iteration, lambda start, end: model.predict(numbers[start:end], num_threads=1)


def xgboost(numbers, categories, head, clock):
    import xgboost as xgb

    set_to = data.about["settings"]["trees"]
    graded = data.about["graded"]
    kinds = ["c" if at in categories else "q" for at in range(numbers.shape[1])]
    labels = data.labels[head]

    def part(start, end, of=None):
        return xgb.QuantileDMatrix(
            numbers[start:end],
            labels[start:end],
            group=data.groups(start, end) if graded else None,
            feature_types=kinds,
            enable_categorical=True,
            max_bin=set_to["bins"],
            nthread=options.threads,
            ref=of,
        )

    parameters = {
        "objective": "rank:ndcg" if graded else "binary:logistic",
        "eval_metric": f"ndcg@{set_to['places']}" if graded else "logloss",
        "tree_method": "hist",
        "grow_policy": "lossguide",
        "max_leaves": set_to["leaves"],
        "max_depth": 0,
        "eta": set_to["learning_rate"],
        "min_child_weight": max(1.0, set_to["leaf_curvature"]),
        "max_bin": set_to["bins"],
        "nthread": options.threads,
        "seed": 1,
    }
    clock.start()
    train = part(0, data.train_end)
    judged = part(data.train_end, data.test_start, train)
    model = xgb.train(
        parameters,
        train,
        set_to["trees"],
        evals=[(judged, "judged")],
        early_stopping_rounds=set_to["patience"],
        verbose_eval=False,
    )
    clock.stop()
    model.set_param({"nthread": 1})
    best = (0, model.best_iteration + 1)

    def score(start, end):
        # `inplace_predict` takes no categories.
        rows = xgb.DMatrix(
            numbers[start:end], feature_types=kinds, enable_categorical=True, nthread=1
        )
        return model.predict(rows, iteration_range=best)

    return model.best_iteration + 1, score


def trees(fit):
    """A model for each head, one after the other."""
    predicted = np.full((len(data.labels), data.n_rows - data.test_start), np.nan, np.float32)
    clock, n_trees, times = Clock(), 0, np.zeros(3)
    for head in tree_heads():
        numbers, categories = encoded(head)
        n, score = fit(numbers, categories, head, clock)
        n_trees += n
        predicted[head] = score(data.test_start, data.n_rows)
        times += latency(score)
    return {"": predicted}, {"": times}, clock, clock.cpu, data.train_end * n_trees


def main():
    if options.model in ("torch", "onnx"):
        sys.path.insert(0, str(pathlib.Path(__file__).parent))
        from ranking_network import network

        found = network(data, options, Clock, latency)
    else:
        found = trees({"lightgbm": lightgbm, "xgboost": xgboost}[options.model])
    predicted, times, clock, training, row_passes = found
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    folder = options.folder / "predicted"
    folder.mkdir(exist_ok=True)
    for form, values in predicted.items():
        values.astype("<f4").tofile(folder / f"{form or options.model}.f32")
        p50, p99, cpu = times[form]
        outcome = {
            "library": form or options.model,
            "model": "network" if form else "trees",
            "seconds": clock.wall,
            "cpu_seconds": clock.cpu,
            "rows_per_second": row_passes / training,
            "peak_bytes": peak,
            "p50_ms": p50,
            "p99_ms": p99,
            "cpu_ms": cpu,
        }
        print(json.dumps(outcome))


data = Data(options.folder)
main()
