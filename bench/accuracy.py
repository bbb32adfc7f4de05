"""The network of bench/accuracy.ts in PyTorch: takes the folder of Fashion-MNIST and the epochs, prints its test accuracy."""
import gzip
import json
import sys

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

folder, epochs, batch = sys.argv[1], int(sys.argv[2]), 64


def read(half):
    with gzip.open(f"{folder}/{half}-images-idx3-ubyte.gz") as file:
        pixels = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 1, 28, 28)
    with gzip.open(f"{folder}/{half}-labels-idx1-ubyte.gz") as file:
        labels = np.frombuffer(file.read(), np.uint8, offset=8)
    return torch.tensor(pixels) / 255, torch.tensor(labels).long()


torch.manual_seed(0)
x, y = read("train")
model = nn.Sequential(
    nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
    nn.Flatten(), nn.Linear(64 * 49, 128), nn.ReLU(), nn.Dropout(0.25), nn.Linear(128, 10),
)
optimiser = torch.optim.Adam(model.parameters(), 1e-3)
steps = len(x) // batch
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs * steps)
for epoch in range(epochs):
    order = torch.randperm(len(x))
    for i in range(steps):
        rows = order[i * batch : (i + 1) * batch]
        optimiser.zero_grad(set_to_none=True)
        F.cross_entropy(model(x[rows]), y[rows]).backward()
        optimiser.step()
        schedule.step()
model.eval()
x, y = read("t10k")
with torch.no_grad():
    right = sum((model(x[i : i + 500]).argmax(1) == y[i : i + 500]).sum().item() for i in range(0, len(x), 500))
print(json.dumps({"accuracy": right / len(x)}))
