"""PyTorch beside the network learner: for each line of JSON it reads, trains the same net on the same encoded rows and answers scores.

A line has the file (float32 inputs, int32 entries, labels, flags of held rows), its sizes, and the settings of the training.
"""
import json
import sys

import numpy as np
import torch
import torch.nn as nn
from sklearn.metrics import roc_auc_score

torch.set_num_threads(1)


class Net(nn.Module):
    def __init__(self, case):
        super().__init__()
        self.table = nn.Embedding(case["entries"], case["embedding"]) if case["categories"] else None
        width = case["numbers"] + case["categories"] * case["embedding"]
        layers = []
        for _ in range(case["depth"]):
            layers += [nn.Linear(width, case["width"]), nn.ReLU(), nn.Dropout(case["dropout"])]
            width = case["width"]
        self.layers = nn.Sequential(*layers, nn.Linear(width, 2))

    def forward(self, numbers, entries):
        if self.table is not None:
            numbers = torch.cat([numbers, self.table(entries).flatten(1)], 1)
        return self.layers(numbers)


def train(case):
    folder, rows = case["folder"], case["rows"]
    numbers = torch.from_numpy(np.fromfile(f"{folder}/network.numbers", np.float32).reshape(rows, case["numbers"]))
    entries = torch.from_numpy(np.fromfile(f"{folder}/network.entries", np.int32).reshape(rows, case["categories"])).long()
    labels = torch.from_numpy(np.fromfile(f"{folder}/network.labels", np.float64)).long()
    held = torch.from_numpy(np.fromfile(f"{folder}/network.held", np.uint8)).bool()
    learned = torch.where(~held)[0]
    torch.manual_seed(case["seed"])
    net = Net(case)
    # As the engine: matrices of dense layers decay, biases and embeddings do not.
    decayed = [m.weight for m in net.layers if isinstance(m, nn.Linear)]
    rest = [p for p in net.parameters() if all(p is not d for d in decayed)]
    optimiser = torch.optim.AdamW(
        [dict(params=decayed, weight_decay=case["weightDecay"]), dict(params=rest, weight_decay=0.0)], lr=case["learningRate"]
    )
    average = None
    for epoch in range(1, case["epochs"] + 1):
        net.train()
        order = learned[torch.randperm(len(learned))]
        for i in range(len(order) // case["batch"]):
            batch = order[i * case["batch"] : (i + 1) * case["batch"]]
            optimiser.zero_grad()
            nn.functional.cross_entropy(net(numbers[batch], entries[batch]), labels[batch]).backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 5)
            optimiser.step()
        share = max(0.3, 1 / epoch)
        now = {k: v.detach().clone() for k, v in net.state_dict().items()}
        average = now if average is None else {k: (1 - share) * average[k] + share * v for k, v in now.items()}
    net.load_state_dict(average)
    net.eval()
    with torch.no_grad():
        logits = net(numbers[held], entries[held])
    return dict(auc=float(roc_auc_score(labels[held], (logits[:, 1] - logits[:, 0]).numpy())))


for line in sys.stdin:
    print(json.dumps(train(json.loads(line))), flush=True)
