"""Other libraries' retrieval over the vectors that Marquee was measured on.

Speaks what `xtask/bench/src/ann/main.rs` describes: a line for each structure once it is built, then, for
each line of standard input, one measurement of everything, fields separated by tabs, an empty line at the
end. Every search runs on one thread and is handed all queries in one call.
"""

import argparse
import importlib
import os
import pathlib
import sys
import time

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import numpy as np

# Neighbors of a node and candidates while building, the same for every graph.
CONNECTIVITY, CONSTRUCTION = 16, 120
# Candidates while searching.
BREADTHS = (16, 32, 64, 128, 256)


def faiss_flat(base):
    """Brute force in single precision."""
    import faiss

    faiss.omp_set_num_threads(1)
    index = faiss.IndexFlatIP(base.shape[1])
    index.add(base)
    few = max(8, 2**30 // base.size)
    yield 4 * base.shape[1]
    for k in (10, 100):
        yield "all in one call", k, few, lambda queries, k=k: index.search(queries, k)[1]


def faiss_hnsw(base):
    """A graph over vectors in single precision."""
    import faiss

    faiss.omp_set_num_threads(1)
    index = faiss.IndexHNSWFlat(base.shape[1], CONNECTIVITY, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = CONSTRUCTION
    index.add(base)
    yield 4 * base.shape[1] + 8 * CONNECTIVITY

    def search(queries, k, breadth):
        index.hnsw.efSearch = breadth
        return index.search(queries, k)[1]

    yield from breadths(search)


def faiss_fast(base):
    """Lists of codes of four bits, and the best again in single precision."""
    import faiss

    faiss.omp_set_num_threads(1)
    n, d = base.shape
    n_lists = 1024 if n < 500_000 else 4096
    factory = f"IVF{n_lists},PQ{d // 2}x4fs,RFlat"
    index = faiss.index_factory(d, factory, faiss.METRIC_INNER_PRODUCT)
    index.train(base[:: max(1, n // 200_000)])
    index.add(base)
    index.k_factor = 4.0
    lists = faiss.extract_index_ivf(index)
    yield 4 * d + d // 4 + 8

    def search(queries, k, probes):
        lists.nprobe = probes
        return index.search(queries, k)[1]

    for k in (10, 100):
        for probes in (8, 16, 32, 64, 128):
            yield f"{probes} lists", k, None, lambda q, k=k, p=probes: search(q, k, p)


def hnswlib_graph(base):
    """A graph over vectors in single precision."""
    import hnswlib

    index = hnswlib.Index(space="ip", dim=base.shape[1])
    index.init_index(len(base), ef_construction=CONSTRUCTION, M=CONNECTIVITY, random_seed=1)
    index.set_num_threads(1)
    index.add_items(base)
    yield 4 * base.shape[1] + 8 * CONNECTIVITY + 12

    def search(queries, k, breadth):
        index.set_ef(breadth)
        return index.knn_query(queries, k=k)[0]

    yield from breadths(search)


def usearch_graph(base):
    """A graph over vectors in bfloat16."""
    from usearch.index import Index

    index = Index(
        ndim=base.shape[1],
        metric="ip",
        dtype="bf16",
        connectivity=CONNECTIVITY,
        expansion_add=CONSTRUCTION,
    )
    index.add(np.arange(len(base), dtype=np.uint64), base, threads=1)
    yield index.memory_usage / len(base)

    def search(queries, k, breadth):
        index.expansion_search = breadth
        return index.search(queries, k, threads=1).keys.reshape(len(queries), k)

    yield from breadths(search)


def scann_tree(base):
    """Lists of codes of four bits that weigh errors by direction, and the best again."""
    import scann

    n = len(base)
    n_lists = int(2 * n**0.5)
    builder = scann.scann_ops_pybind.builder(base, 10, "dot_product").set_n_training_threads(1)
    builder = builder.tree(n_lists, 50, training_sample_size=min(n, 200_000))
    index = builder.score_ah(2, anisotropic_quantization_threshold=0.2).reorder(100).build()
    yield 4 * base.shape[1] + base.shape[1] // 4 + 8

    def search(queries, k, leaves, reordered):
        return index.search_batched(
            queries,
            final_num_neighbors=k,
            pre_reorder_num_neighbors=reordered,
            leaves_to_search=leaves,
        )[0]

    for k, reordered in ((10, 60), (100, 250)):
        for leaves in (10, 25, 60, 150):
            yield f"{leaves} leaves", k, None, (
                lambda q, k=k, n=leaves, r=reordered: search(q, k, n, r)
            )


def breadths(search):
    for k in (10, 100):
        for breadth in BREADTHS:
            if breadth >= k:
                yield f"breadth {breadth}", k, None, lambda q, k=k, b=breadth: search(q, k, b)


# Name in the table: the package that must be there, and what makes it.
PEERS = {
    "faiss-flat": ("faiss", faiss_flat),
    "faiss-hnsw": ("faiss", faiss_hnsw),
    "faiss-ivfpqfs": ("faiss", faiss_fast),
    "hnswlib": ("hnswlib", hnswlib_graph),
    "usearch": ("usearch", usearch_graph),
    "scann": ("scann", scann_tree),
}


def is_installed(package):
    try:
        importlib.import_module(package)
    except ImportError as error:
        print(f"left out: {error}", file=sys.stderr)
        return False
    return True


def measure(name, setting, queries, truth):
    label, k, few, search = setting
    asked = queries[:few]
    search(asked[:8])
    start = time.process_time()
    found = np.asarray(search(asked))
    micros = (time.process_time() - start) * 1e6 / len(asked)
    hits = sum(len(np.intersect1d(f, t[:k])) for f, t in zip(found, truth))
    return f"{name}\t{label}\t{k}\t{hits / (k * len(asked)):.4f}\t{micros:.2f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=pathlib.Path, required=True)
    parser.add_argument("--dimensions", type=int, required=True)
    parser.add_argument("--peers", default=",".join(PEERS))
    options = parser.parse_args()
    read = lambda name, kind: np.fromfile(options.folder / name, kind)
    base = read("base.f32", "<f4").reshape(-1, options.dimensions)
    queries = read("query.f32", "<f4").reshape(-1, options.dimensions)
    truth = read("truth.u32", "<u4").reshape(len(queries), -1)
    settings = []
    for name in options.peers.split(","):
        package, make = PEERS[name]
        if not is_installed(package):
            continue
        start = time.process_time()
        structure = make(base)
        n_bytes = next(structure)
        print(f"{name}\t{time.process_time() - start:.2f}\t{n_bytes:.0f}")
        settings += [(name, setting) for setting in structure]
    print(flush=True)
    for _ in sys.stdin:
        for name, setting in settings:
            print(measure(name, setting, queries, truth))
        print(flush=True)


if __name__ == "__main__":
    main()
