"""The network that Marquee's equal network is: embeddings, cross layers of low rank, rectified layers, and
for each head a linear function of both. Trained in PyTorch, scored there and by ONNX Runtime."""

import io
import math
import sys
import time

import numpy as np
import torch
from torch import nn

NO_POSITION = 2**32 - 1


class Network(nn.Module):
    def __init__(self, about):
        super().__init__()
        equal = about["settings"]["equal"]
        width = equal["embedding"]
        self.offsets = np.concatenate([[0], np.cumsum(about["sizes"])[:-1]]).astype(np.int64)
        self.embeddings = nn.Embedding(int(sum(about["sizes"])) or 1, width, sparse=True)
        nn.init.normal_(self.embeddings.weight, std=0.02)
        self.listed = about["history"] is not None
        inputs = len(about["sizes"]) * width + 2 * len(about["dense"]) + width * self.listed
        rank = equal["rank"]
        self.down = nn.ModuleList(nn.Linear(inputs, rank) for _ in range(equal["cross"]))
        self.up = nn.ModuleList(nn.Linear(rank, inputs) for _ in range(equal["cross"]))
        layers, below = [], inputs
        for above in equal["hidden"]:
            layers += [nn.Linear(below, above), nn.ReLU()]
            below = above
        self.deep = nn.Sequential(*layers)
        self.top = nn.Linear(inputs + below, len(about["heads"]))
        # What each place adds to the logits, in training only.
        self.places = nn.Embedding(equal["positions"], len(about["heads"]))
        nn.init.zeros_(self.places.weight)
        self.place_scale = 20.0

    def forward(self, ids, numbers, history, request):
        parts = [self.embeddings(ids).flatten(1), numbers]
        if self.listed:
            known = (history > 0).to(numbers.dtype).unsqueeze(2)
            listed = (self.embeddings(history) * known).sum(1) / known.sum(1).clamp(min=1)
            parts.append(listed[request])
        inputs = torch.cat(parts, 1)
        crossed = inputs
        for down, up in zip(self.down, self.up):
            crossed = inputs * up(down(crossed)) + crossed
        return self.top(torch.cat([crossed, self.deep(inputs)], 1))


class Inputs:
    """Rows as the network takes them."""

    def __init__(self, data, network):
        about = data.about
        numbers = data.dense
        train = numbers[: data.train_end]
        # Heavy tails are taken by their logarithm, as ours are; unknown values count as the mean.
        known = np.where(np.isnan(train), np.nanmean(train, 0), train) if train.size else train
        center, spread = known.mean(0), known.std(0) + 1e-6
        skew = (((known - center) / spread) ** 3).mean(0) if train.size else np.zeros(0)
        heavy = np.abs(skew) > 2
        numbers = np.where(heavy, np.sign(numbers) * np.log1p(np.abs(numbers)), numbers)
        train = numbers[: data.train_end]
        missing = np.isnan(numbers)
        center = np.nan_to_num(np.nanmean(train, 0)) if train.size else np.zeros(0)
        numbers = np.where(missing, center, numbers)
        spread = numbers[: data.train_end].std(0) + 1e-6
        numbers = np.clip((numbers - center) / spread, -8, 8)
        both = np.concatenate([numbers, missing], 1).astype(np.float32)
        self.numbers = torch.from_numpy(both)
        self.ids = torch.from_numpy(data.sparse.astype(np.int64) + network.offsets)
        self.request = torch.from_numpy(data.request.astype(np.int64))
        self.history = torch.zeros((int(data.request[-1]) + 1, 1), dtype=torch.int64)
        if data.history is not None:
            # Ids of the list share the table of their column; 0 stays what pads.
            offset = network.offsets[about["history"]["column"]]
            listed = data.history.astype(np.int64)
            self.history = torch.from_numpy(np.where(listed > 0, listed + offset, 0))
        last = about["settings"]["equal"]["positions"] - 1
        position = np.where(data.position == NO_POSITION, 0, data.position)
        self.position = torch.from_numpy(np.minimum(position, last).astype(np.int64))
        self.labels = torch.from_numpy(np.ascontiguousarray(data.labels.T))

    def rows(self, rows):
        """Rows of many requests: each brings its list along."""
        return (
            self.ids[rows],
            self.numbers[rows],
            self.history[self.request[rows]],
            torch.arange(len(rows)),
        )

    def one(self, start, end):
        """Rows of a request: one list for all."""
        return (
            self.ids[start:end],
            self.numbers[start:end],
            self.history[self.request[start : start + 1].long()],
            torch.zeros(end - start, dtype=torch.int64),
        )


def loss_of(network, inputs, rows):
    # Measured from the first place, which is where rows are scored.
    places = network.places(inputs.position[rows]) - network.places.weight[0]
    logits = network(*inputs.rows(rows)) + network.place_scale * places
    labels = inputs.labels[rows]
    known = ~torch.isnan(labels)
    losses = nn.functional.binary_cross_entropy_with_logits(
        logits, torch.where(known, labels, 0.0), reduction="none"
    )
    return (losses * known).sum() / len(rows)


@torch.inference_mode()
def judge(network, inputs, start, end):
    total = 0.0
    for first in range(start, end, 8192):
        rows = torch.arange(first, min(first + 8192, end))
        total += float(loss_of(network, inputs, rows)) * len(rows)
    return total / (end - start)


def fit(network, inputs, data, clock):
    """Passes until the loss on the validation rows gets no better; the best one is kept."""
    equal = data.about["settings"]["equal"]
    layers = [p for name, p in network.named_parameters() if name != "embeddings.weight"]
    dense = torch.optim.Adam(layers, equal["learning_rate"])
    sparse = torch.optim.Adagrad([network.embeddings.weight], equal["embedding_rate"])
    drawn = torch.Generator().manual_seed(3)
    best, kept, waited, training, passes = math.inf, None, 0, 0.0, 0
    clock.start()
    for _ in range(equal["epochs"]):
        begin = time.process_time()
        order = torch.randperm(data.train_end, generator=drawn)
        for first in range(0, data.train_end, equal["batch"]):
            loss = loss_of(network, inputs, order[first : first + equal["batch"]])
            dense.zero_grad()
            sparse.zero_grad()
            loss.backward()
            dense.step()
            sparse.step()
        training += time.process_time() - begin
        passes += 1
        judged = judge(network, inputs, data.train_end, data.test_start)
        print(f"pass {passes}: judged {judged:.5f}", file=sys.stderr)
        if judged < best:
            best, waited = judged, 0
            kept = {name: value.clone() for name, value in network.state_dict().items()}
        else:
            waited += 1
            if waited == equal["patience"]:
                break
    clock.stop()
    network.load_state_dict(kept)
    return training, passes


def onnx_session(network, example):
    import onnxruntime

    names = ["ids", "numbers", "history", "request"]
    axes = {"ids": {0: "rows"}, "numbers": {0: "rows"}, "history": {0: "requests"}}
    file = io.BytesIO()
    torch.onnx.export(
        network,
        example,
        file,
        input_names=names,
        output_names=["logits"],
        dynamic_axes=axes | {"request": {0: "rows"}, "logits": {0: "rows"}},
        dynamo=False,
    )
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = settings.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        file.getvalue(), settings, providers=["CPUExecutionProvider"]
    )
    # Inputs that the network does not use are not part of the exported form.
    wanted = {one.name for one in session.get_inputs()}
    return lambda inputs: session.run(
        None, {name: value.numpy() for name, value in zip(names, inputs) if name in wanted}
    )[0]


def network(data, options, Clock, latency):
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    model = Network(data.about)
    inputs = Inputs(data, model)
    clock = Clock()
    training, passes = fit(model, inputs, data, clock)
    model.eval()
    torch.set_num_threads(1)

    @torch.inference_mode()
    def logits(start, end):
        return model(*inputs.one(start, end))

    session = onnx_session(model, inputs.one(data.test_start, data.test_start + 500))
    predicted = {"torch": [], "onnxruntime": []}
    with torch.inference_mode():
        for first in range(data.test_start, data.n_rows, 4096):
            rows = inputs.rows(torch.arange(first, min(first + 4096, data.n_rows)))
            predicted["torch"].append(torch.sigmoid(model(*rows)).numpy().T)
            predicted["onnxruntime"].append(1 / (1 + np.exp(-session(rows).T)))
    predicted = {form: np.concatenate(parts, 1) for form, parts in predicted.items()}
    times = {
        "torch": latency(logits),
        "onnxruntime": latency(lambda start, end: session(inputs.one(start, end))),
    }
    return predicted, times, clock, training, data.train_end * passes
