"""Training throughput of PyTorch on the networks of bench/engine.ts: answers one line of JSON for each line it reads.

A line names the layers' widths, the batch, the rows and the seconds to measure; the answer is samples per second.
"""
import json
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
print(json.dumps({"version": torch.__version__}), flush=True)
for line in sys.stdin:
    case = json.loads(line)
    widths, batch, rows = case["widths"], case["batch"], case["rows"]
    layers = []
    for i, (a, b) in enumerate(zip(widths, widths[1:])):
        layers += [nn.Linear(a, b)] + ([nn.ReLU()] if i < len(widths) - 2 else [])
    model = nn.Sequential(*layers)
    optimiser = torch.optim.Adam(model.parameters(), 1e-3)
    x = torch.rand(rows, widths[0]) * 2 - 1
    y = (x[:, 0] > x[:, 1]).long()

    def epoch():
        # Contiguous rows: PyTorch is spared the gathering that our steps do.
        for i in range(0, rows - batch + 1, batch):
            optimiser.zero_grad(set_to_none=True)
            F.cross_entropy(model(x[i : i + batch]), y[i : i + batch]).backward()
            optimiser.step()
        return rows // batch * batch

    epoch()
    best = 0.0
    end = time.perf_counter() + case["seconds"]
    threads = 1
    while time.perf_counter() < end:
        # The better of one thread and two: on a machine with other work, two that wait for each other may be slower.
        threads = 3 - threads
        torch.set_num_threads(threads)
        started = time.perf_counter()
        samples = epoch()
        best = max(best, samples / (time.perf_counter() - started))
    print(json.dumps({"samplesPerSecond": best}), flush=True)
