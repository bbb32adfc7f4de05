"""Training throughput of PyTorch on the networks of bench/engine.ts: answers one line of JSON for each line it reads.

A line names the network, the shape of a sample (channels last), the batch, the rows and the seconds to measure; the
answer is samples per second, and the most memory that the process had so far.
"""
import json
import resource
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

import engine_sequence



def mlp(case):
    widths = case["widths"]
    layers = []
    for i, (a, b) in enumerate(zip(widths, widths[1:])):
        layers += [nn.Linear(a, b)] + ([nn.ReLU()] if i < len(widths) - 2 else [])
    return nn.Sequential(*layers)


def cnn(case):
    first, second = case["channels"]
    return nn.Sequential(
        nn.Conv2d(1, first, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(first, second, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(second * 49, 128), nn.ReLU(), nn.Linear(128, 10),
    )


class Residual(nn.Module):
    def __init__(self, channels):
        super().__init__()
        half = lambda: [nn.Conv2d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels)]
        self.inner = nn.Sequential(*half(), nn.ReLU(), *half())

    def forward(self, x):
        return F.relu(x + self.inner(x))


def resnet(case):
    layers, before = [], 3
    for i, channels in enumerate(case["stages"]):
        layers += [nn.Conv2d(before, channels, 3, stride=1 if i == 0 else 2, padding=1), Residual(channels)]
        before = channels
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(before, 10))


builders = {"mlp": mlp, "cnn": cnn, "resnet": resnet}
torch.manual_seed(0)
print(json.dumps({"version": torch.__version__}), flush=True)
for line in sys.stdin:
    case = json.loads(line)
    batch, rows = case["batch"], case["rows"]
    own = engine_sequence.make(case)
    if own is not None:
        model, x, y = own
    else:
        model = builders[case["kind"]](case)
        # Images have their channels first, as PyTorch wants them.
        shape = case["shape"]
        x = torch.rand(rows, *(shape[-1:] + shape[:-1])) * 2 - 1
        y = (x.flatten(1)[:, 0] > x.flatten(1)[:, 1]).long()
    optimiser = torch.optim.Adam(model.parameters(), 1e-3)

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
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"samplesPerSecond": best, "peakMb": peak}), flush=True)
