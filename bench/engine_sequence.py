"""The networks of bench/engine-sequence.ts in PyTorch, each with random data of its shapes."""
import torch
import torch.nn as nn
import torch.nn.functional as F


class Attention(nn.Module):
    def __init__(self, width, heads, causal):
        super().__init__()
        self.qkv, self.out, self.heads, self.causal = nn.Linear(width, 3 * width), nn.Linear(width, width), heads, causal

    def forward(self, x):
        rows, length, width = x.shape
        parts = self.qkv(x).view(rows, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        made = F.scaled_dot_product_attention(*parts, is_causal=self.causal)
        return self.out(made.transpose(1, 2).reshape(rows, length, width))


class ReGlu(nn.Module):
    def __init__(self, width):
        super().__init__()
        hidden = round(width * 4 / 3)
        self.both, self.out = nn.Linear(width, 2 * hidden), nn.Linear(hidden, width)

    def forward(self, x):
        value, gate = self.both(x).chunk(2, -1)
        return self.out(value * F.relu(gate))


class Block(nn.Module):
    """What is added: attention, then dense layers, each normalised first."""

    def __init__(self, width, heads, causal, hidden):
        super().__init__()
        self.first, self.second = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention, self.hidden = Attention(width, heads, causal), hidden

    def forward(self, x):
        x = x + self.attention(self.first(x))
        return x + self.hidden(self.second(x))


class Gpt(nn.Module):
    def __init__(self, case):
        super().__init__()
        width = case["width"]
        self.ids = nn.Embedding(case["vocabulary"], width)
        self.positions = nn.Parameter(torch.randn(case["length"], width) * 0.02)
        hidden = lambda: nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))
        self.blocks = nn.Sequential(*[Block(width, case["heads"], True, hidden()) for _ in range(case["depth"])])
        self.end = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, case["vocabulary"]))

    def forward(self, ids):
        return self.end(self.blocks(self.ids(ids) + self.positions)).transpose(1, 2)


class FtTransformer(nn.Module):
    def __init__(self, case):
        super().__init__()
        width, entries = case["width"], case["entries"]
        self.weight = nn.Parameter(torch.randn(case["numbers"], width) * 0.1)
        self.bias = nn.Parameter(torch.randn(case["numbers"], width) * 0.1)
        self.categories = nn.Embedding(sum(entries), width)
        self.register_buffer("offsets", torch.tensor([sum(entries[:i]) for i in range(len(entries))]))
        self.token = nn.Parameter(torch.randn(width) * 0.1)
        self.blocks = nn.Sequential(*[Block(width, case["heads"], False, ReGlu(width)) for _ in range(case["depth"])])
        self.end = nn.Sequential(nn.LayerNorm(width), nn.ReLU(), nn.Linear(width, 2))

    def forward(self, columns):
        numbers, categories = columns
        tokens = [
            self.token.expand(len(numbers), 1, -1),
            numbers[..., None] * self.weight + self.bias,
            self.categories(categories + self.offsets),
        ]
        return self.end(self.blocks(torch.cat(tokens, 1))[:, 0])


class Residual(nn.Module):
    def __init__(self, width, hidden):
        super().__init__()
        self.inner = nn.Sequential(nn.BatchNorm1d(width), nn.Linear(width, hidden), nn.ReLU(), nn.Linear(hidden, width))

    def forward(self, x):
        return x + self.inner(x)


def tabular_resnet(case):
    width = case["width"]
    middle = [Residual(width, case["hidden"]) for _ in range(case["blocks"])]
    return nn.Sequential(
        nn.Linear(case["numbers"], width), *middle, nn.BatchNorm1d(width), nn.ReLU(), nn.Linear(width, 2)
    )


class Recurrent(nn.Module):
    def __init__(self, case):
        super().__init__()
        made = {"gru": nn.GRU, "lstm": nn.LSTM}[case["kind"]]
        self.inner, self.end = made(case["width"], case["units"], batch_first=True), nn.Linear(case["units"], 2)

    def forward(self, x):
        return self.end(self.inner(x)[0][:, -1])


class Rows:
    """Several tensors that are sliced together."""

    def __init__(self, *tensors):
        self.tensors = tensors

    def __getitem__(self, rows):
        return tuple(tensor[rows] for tensor in self.tensors)


def make(case):
    """A network, its inputs and its targets; None for kinds that are not of this file."""
    rows = case["rows"]
    labels = torch.randint(0, 2, (rows,))
    if case["kind"] == "gpt":
        ids = lambda: torch.randint(0, case["vocabulary"], (rows, case["length"]))
        return Gpt(case), ids(), ids()
    if case["kind"] == "ft-transformer":
        categories = torch.stack([torch.randint(0, count, (rows,)) for count in case["entries"]], 1)
        return FtTransformer(case), Rows(torch.rand(rows, case["numbers"]) * 2 - 1, categories), labels
    if case["kind"] in ("gru", "lstm"):
        return Recurrent(case), torch.rand(rows, *case["shape"]) * 2 - 1, labels
    if case["kind"] == "tabular-resnet":
        return tabular_resnet(case), torch.rand(rows, case["numbers"]) * 2 - 1, labels
    return None
