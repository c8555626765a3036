"""greentrain's models in PyTorch, with its names of parameters, so that its weights can be loaded."""

import json
import pathlib

import torch
import torch.nn.functional as F
from torch import nn

DTYPES = {"F32": torch.float32, "I64": torch.int64}


def read_safetensors(path):
    """The tensors of a file by name (github.com/huggingface/safetensors)."""
    content = bytearray(pathlib.Path(path).read_bytes())
    header = int.from_bytes(content[:8], "little")
    tensors = {}
    for name, entry in json.loads(content[8:8 + header]).items():
        if name != "__metadata__":
            begin, end = (8 + header + offset for offset in entry["data_offsets"])
            flat = torch.frombuffer(content[begin:end], dtype=DTYPES[entry["dtype"]])
            tensors[name] = flat.reshape(entry["shape"])
    return tensors


class Standardization(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.register_buffer("mean", torch.zeros(shape))
        self.register_buffer("deviation", torch.ones(shape))

    def forward(self, x):
        return (x - self.mean) / self.deviation


class Mlp(nn.Module):
    def __init__(self, shape, classes, hidden):
        super().__init__()
        self.input = Standardization(shape)
        widths = [torch.Size(shape).numel(), *hidden]
        self.dense = nn.ModuleDict({str(i): nn.Linear(widths[i], widths[i + 1]) for i in range(len(hidden))})
        self.dense["output"] = nn.Linear(widths[-1], classes)

    def forward(self, x):
        x = self.input(x).flatten(1)
        for name, layer in self.dense.items():
            x = layer(x) if name == "output" else F.relu(layer(x))
        return x


class NormalizedConvolution(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.stride = stride
        self.filter = nn.Parameter(torch.empty(outputs, inputs, 3, 3))
        self.weight = nn.Parameter(torch.empty(outputs))
        self.bias = nn.Parameter(torch.empty(outputs))
        self.register_buffer("running_mean", torch.zeros(outputs))
        self.register_buffer("running_var", torch.ones(outputs))

    def forward(self, x):
        y = F.conv2d(x, self.filter, stride=self.stride, padding=1)
        return F.batch_norm(y, self.running_mean, self.running_var, self.weight, self.bias, self.training)


class ResidualBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.stride, self.new_channels = stride, outputs - inputs
        self.first = NormalizedConvolution(inputs, outputs, stride)
        self.second = NormalizedConvolution(outputs, outputs, 1)

    def forward(self, x):
        y = self.second(F.relu(self.first(x)))
        if self.new_channels:
            half = self.new_channels // 2
            x = F.pad(x[:, :, ::self.stride, ::self.stride], (0, 0, 0, 0, half, self.new_channels - half))
        return F.relu(y + x)


class Resnet(nn.Module):
    def __init__(self, shape, classes, depth):
        super().__init__()
        self.input = Standardization(shape)
        self.first = NormalizedConvolution(shape[0], 16, 1)
        widths = [16] + [width for width in (16, 32, 64) for _ in range((depth - 2) // 6)]
        self.blocks = nn.ModuleList(
            ResidualBlock(before, after, 1 if before == after else 2) for before, after in zip(widths, widths[1:]))
        self.output = nn.Linear(64, classes)

    def forward(self, x):
        x = F.relu(self.first(self.input(x)))
        for block in self.blocks:
            x = block(x)
        return self.output(x.mean((2, 3)))


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.projection = nn.Linear(width, width)

    def forward(self, x):
        query, key, value = self.qkv(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        taken = F.scaled_dot_product_attention(query, key, value, is_causal=True)
        return self.projection(taken.transpose(1, 2).flatten(2))


class FeedForward(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.expand = nn.Linear(width, 4 * width)
        self.contract = nn.Linear(4 * width, width)

    def forward(self, x):
        return self.contract(F.gelu(self.expand(x), approximate="tanh"))


class TransformerBlock(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.attention_norm = nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.mlp_norm = nn.LayerNorm(width)
        self.mlp = FeedForward(width)

    def forward(self, x):
        x = x + self.attention(self.attention_norm(x))
        return x + self.mlp(self.mlp_norm(x))


class Gpt(nn.Module):
    def __init__(self, context, vocabulary, layers, width, heads, tied):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, width)
        self.positions = nn.Embedding(context, width)
        self.blocks = nn.ModuleList(TransformerBlock(width, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        if not tied:
            self.head = nn.Embedding(vocabulary, width)
        self.tied = tied

    def forward(self, tokens):
        x = self.tokens(tokens) + self.positions.weight[:tokens.shape[1]]
        for block in self.blocks:
            x = block(x)
        return F.linear(self.norm(x), (self.tokens if self.tied else self.head).weight)


def make_model(settings, shape, classes):
    """`settings`: section `model` of a greentrain config, with every setting that the type has."""
    kind = settings["type"]
    if kind == "mlp":
        return Mlp(shape, classes, settings["hidden"])
    if kind == "resnet":
        return Resnet(shape, classes, settings["depth"])
    return Gpt(shape[0], settings.get("vocabulary", classes), settings["layers"], settings["width"], settings["heads"],
               settings["tied"])
