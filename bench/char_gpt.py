"""The GPT of bench/char-gpt.ts in PyTorch: takes its task (text, weights, batches), prints the validation loss."""
import json
import sys

import torch
import torch.nn.functional as F

task = json.load(open(sys.argv[1]))
length, heads, depth = task["length"], 4, 4
torch.set_num_threads(2)
p = {key: torch.tensor(w["data"], dtype=torch.float32).reshape(w["shape"]).requires_grad_() for key, w in task["weights"].items()}


def pieces(text):
    ids = torch.tensor(list(text.encode("latin1")))
    rows = (len(ids) - 1) // length
    return ids[: rows * length].reshape(rows, length), ids[1 : rows * length + 1].reshape(rows, length)


def linear(name, x, weight="weight", bias="bias"):
    return x @ p[f"{name}/{weight}"] + p[f"{name}/{bias}"]


def norm(name, x):
    return F.layer_norm(x, x.shape[-1:], p[f"{name}/scale"], p[f"{name}/shift"], 1e-5)


def attend(name, x):
    split = lambda part: linear(name, x, f"{part}-weight", f"{part}-bias").unflatten(-1, (heads, -1)).transpose(1, 2)
    made = F.scaled_dot_product_attention(split("query"), split("key"), split("value"), is_causal=True)
    return linear(name, made.transpose(1, 2).flatten(2), "output-weight", "output-bias")


def forward(ids):
    x = F.embedding(ids, p["embedding-1/weight"]) + p["positions-1/weight"]
    for i in range(1, depth + 1):
        x = x + attend(f"block-{i}-attention.attention-1", norm(f"block-{i}-attention.norm", x))
        hidden = F.gelu(linear(f"block-{i}-dense.dense-1", norm(f"block-{i}-dense.layer-norm-1", x)))
        x = x + linear(f"block-{i}-dense.dense-2", hidden)
    return linear("output", norm("layer-norm-1", x))


def loss_of(ids, following):
    return F.cross_entropy(forward(ids).flatten(0, 1), following.flatten())


x, y = pieces(task["novel"][: task["cut"]])
optimiser = torch.optim.Adam(p.values(), 1e-3)
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, task["steps"])
for rows in task["batches"]:
    optimiser.zero_grad(set_to_none=True)
    loss_of(x[rows], y[rows]).backward()
    torch.nn.utils.clip_grad_norm_(p.values(), 1.0)
    optimiser.step()
    schedule.step()
x, y = pieces(task["novel"][task["cut"] :])
with torch.no_grad():
    total = sum(loss_of(x[i : i + 32], y[i : i + 32]).item() * len(x[i : i + 32]) for i in range(0, len(x), 32))
print(json.dumps({"loss": total / len(x)}))
