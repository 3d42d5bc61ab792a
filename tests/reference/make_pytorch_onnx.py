#!/usr/bin/env python3
"""Writes networks of PyTorch, small but of the operators that real ones have, as ONNX files, by both of its exporters
and in several opsets: pytorch_onnx/NAME_EXPORTER_OPSET.onnx. pytorch_onnx/NAME.safetensors has two samples "x", PyTorch's outputs "y"
and, where libgan's layers have PyTorch's names, its weights.

Usage: python3 make_pytorch_onnx.py [NAME...] (needs PyTorch, onnx, onnxscript and safetensors)

Only what exporters note for people is left out of the files, such as the stack of calls that led to each node.
"""
import pathlib
import sys
import warnings

import onnx
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn

warnings.filterwarnings("ignore")
FOLDER = pathlib.Path(__file__).with_name("pytorch_onnx")


class Dcgan(nn.Module):
    def __init__(self):
        super().__init__()
        self.main = nn.Sequential(
            nn.ConvTranspose2d(8, 12, 4, 1, 0, bias=False), nn.BatchNorm2d(12), nn.ReLU(True),
            nn.ConvTranspose2d(12, 8, 4, 2, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU(True),
            nn.ConvTranspose2d(8, 3, 4, 2, 1, bias=False), nn.Tanh())
    def forward(self, z):
        return self.main(z)

class Residual(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.body = nn.Sequential(
            nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3), nn.InstanceNorm2d(channels), nn.ReLU(True),
            nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3), nn.InstanceNorm2d(channels, affine=True))
    def forward(self, x):
        return x + self.body(x)

class ResnetUp(nn.Module):
    """A block of ResNet GANs: upsampling in both branches."""
    def __init__(self, a, b):
        super().__init__()
        self.n1, self.c1 = nn.BatchNorm2d(a), nn.Conv2d(a, b, 3, padding=1)
        self.n2, self.c2 = nn.BatchNorm2d(b), nn.Conv2d(b, b, 3, padding=1)
        self.skip = nn.Conv2d(a, b, 1)
    def forward(self, x):
        y = self.c1(F.interpolate(F.relu(self.n1(x)), scale_factor=2, mode='nearest'))
        y = self.c2(F.relu(self.n2(y)))
        return y + self.skip(F.interpolate(x, scale_factor=2, mode='nearest'))

class ResnetGenerator(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(12, 8 * 4 * 4)
        self.up1, self.up2 = ResnetUp(8, 6), ResnetUp(6, 8)
        self.res = Residual(8)
        self.norm, self.last = nn.BatchNorm2d(8), nn.Conv2d(8, 3, 3, padding=1)
    def forward(self, z):
        x = self.first(z).view(z.size(0), 8, 4, 4)
        x = self.res(self.up2(self.up1(x)))
        return torch.tanh(self.last(F.relu(self.norm(x))))

class Unet(nn.Module):
    def __init__(self):
        super().__init__()
        self.d1 = nn.Conv2d(3, 8, 4, 2, 1)
        self.d2 = nn.Sequential(nn.LeakyReLU(0.2), nn.Conv2d(8, 8, 4, 2, 1, bias=False), nn.BatchNorm2d(8))
        self.d3 = nn.Sequential(nn.LeakyReLU(0.2), nn.Conv2d(8, 8, 4, 2, 1))
        self.u3 = nn.Sequential(nn.ReLU(), nn.ConvTranspose2d(8, 8, 4, 2, 1, bias=False), nn.BatchNorm2d(8), nn.Dropout(0.5))
        self.u2 = nn.Sequential(nn.ReLU(), nn.Upsample(scale_factor=2, mode='bilinear'), nn.Conv2d(16, 8, 3, 1, 1), nn.GroupNorm(2, 8))
        self.u1 = nn.Sequential(nn.ReLU(), nn.Conv2d(16, 12, 3, 1, 1), nn.PixelShuffle(2), nn.Tanh())
    def forward(self, x):
        a = self.d1(x)
        b = self.d2(a)
        c = self.d3(b)
        y = torch.cat([self.u3(c), b], 1)
        y = torch.cat([self.u2(y), a], 1)
        return self.u1(y)

class PixelNorm(nn.Module):
    def forward(self, x):
        return x * torch.rsqrt(torch.mean(x ** 2, dim=1, keepdim=True) + 1e-8)
class PixelNorm2(nn.Module):
    def forward(self, x):
        return x / torch.sqrt(torch.mean(x * x, dim=1, keepdim=True) + 1e-8)

class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(PixelNorm(), nn.Linear(10, 12), nn.LeakyReLU(0.2), PixelNorm2(), nn.Linear(12, 12, bias=False), nn.ELU(0.7),
            nn.LayerNorm(12), nn.Linear(12, 12), nn.GELU(), nn.Linear(12, 12), nn.GELU(approximate='tanh'), nn.BatchNorm1d(12), nn.Linear(12, 12), nn.SiLU(), nn.PReLU(),
            nn.Linear(12, 12), nn.PReLU(12), nn.Linear(12, 8), nn.Softplus(), nn.Linear(8, 8), nn.Sigmoid())
    def forward(self, z):
        return self.body(z)

class EqualLinear(nn.Module):
    def __init__(self, a, b, lr=0.01):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(b, a) / lr)
        self.bias = nn.Parameter(torch.randn(b))
        self.scale, self.lr = a ** -0.5 * lr, lr
    def forward(self, x):
        return F.linear(x, self.weight * self.scale, self.bias * self.lr)

class Mapping(nn.Module):
    """StyleGAN's mapping network, with truncation towards the mean w."""
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([EqualLinear(16, 16) for _ in range(4)])
        self.register_buffer('w_mean', torch.randn(16))
    def forward(self, z):
        x = z * torch.rsqrt(z.square().mean(1, keepdim=True) + 1e-8)
        for layer in self.layers:
            x = F.leaky_relu(layer(x), 0.2) * 2 ** 0.5
        return self.w_mean + 0.7 * (x - self.w_mean)

class Discriminator(nn.Module):
    def __init__(self, new):
        super().__init__()
        sn = nn.utils.parametrizations.spectral_norm if new else nn.utils.spectral_norm
        self.body = nn.Sequential(sn(nn.Conv2d(3, 8, 4, 2, 1)), nn.LeakyReLU(0.1), sn(nn.Conv2d(8, 8, 3, 1, 1)), nn.LeakyReLU(0.1), nn.AvgPool2d(2),
            sn(nn.Conv2d(8, 8, 4, 2, 1)), nn.LeakyReLU(0.1), nn.MaxPool2d(2))
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.last = sn(nn.Linear(8, 1))
        self.flat = sn(nn.Linear(8 * 4, 1))
    def forward(self, x):
        h = self.body(x)
        return self.last(self.pool(h).flatten(1)) + self.flat(torch.flatten(h, 1))

class Adain(nn.Module):
    """A generator with styles and classes: adaptive instance normalisation, an embedding, parts of a vector."""
    def __init__(self):
        super().__init__()
        self.classes = nn.Embedding(3, 6)
        self.first, self.style = nn.Linear(10, 6 * 4 * 4), nn.Linear(10, 12)
        self.conv, self.last = nn.Conv2d(6, 6, 3, padding=1), nn.Conv2d(6, 2, 1)

    def forward(self, z, label):
        w = torch.cat([z, self.classes(label)], 1)
        scale, shift = self.style(w).chunk(2, 1)
        x = F.relu(self.first(w)).reshape(-1, 6, 4, 4)
        x = F.interpolate(self.conv(F.pad(x, (1, 0, 0, 1), mode="replicate"))[:, :, 1:, :-1], scale_factor=2)
        x = F.instance_norm(x) * (1 + scale[:, :, None, None]) + shift[:, :, None, None]
        return torch.sigmoid(self.last(F.gelu(x)) - 0.5)


class SelfAttention(nn.Module):
    """Of SAGAN."""
    def __init__(self, channels):
        super().__init__()
        self.query, self.key = nn.Conv2d(channels, channels // 4, 1), nn.Conv2d(channels, channels // 4, 1)
        self.value, self.gamma = nn.Conv2d(channels, channels, 1), nn.Parameter(torch.tensor([0.7]))
    def forward(self, x):
        n, c, h, w = x.size()
        query = self.query(x).view(n, -1, h * w).permute(0, 2, 1)
        key = F.max_pool2d(self.key(x), 2).view(n, -1, h * w // 4)
        value = F.max_pool2d(self.value(x), 2).view(n, -1, h * w // 4)
        weights = F.softmax(torch.bmm(query, key), dim=-1)
        return self.gamma * torch.bmm(value, weights.permute(0, 2, 1)).view(n, c, h, w) + x

class Squeeze(nn.Module):
    """Of squeeze-and-excitation networks."""
    def __init__(self, channels):
        super().__init__()
        self.gate = nn.Sequential(nn.Linear(channels, channels), nn.Hardswish(), nn.Linear(channels, channels), nn.Hardsigmoid())
    def forward(self, x):
        gate = self.gate(x.mean([2, 3])).view(x.size(0), x.size(1), 1, 1)
        return x * gate.expand_as(x)

class Judge(nn.Module):
    """A discriminator with attention, minibatch standard deviation and a projection of the class."""
    def __init__(self):
        super().__init__()
        self.first, self.attention, self.squeeze = nn.Conv2d(2, 8, 3, 2, 1), SelfAttention(8), Squeeze(8)
        self.mixed = nn.Sequential(nn.Conv2d(9, 8, 3, 1, 1), nn.GroupNorm(2, 8), nn.PReLU(8))
        self.last, self.classes = nn.Linear(8, 1), nn.Embedding(3, 8)
    def forward(self, x, label):
        x = self.squeeze(self.attention(F.relu6(4 * self.first(x))))
        deviation = torch.sqrt(x.var(0, unbiased=False) + 1e-8).mean().view(1, 1, 1, 1)
        x = torch.cat([x, deviation.expand(x.size(0), 1, x.size(2), x.size(3))], 1)
        features = self.mixed(x).sum([2, 3])
        return self.last(features) + (self.classes(label) * features).sum(1, keepdim=True)

class Tokens(nn.Module):
    """A generator of a class, one-hot, and of tokens that attend to each other."""
    def __init__(self):
        super().__init__()
        self.first, self.const = nn.Linear(8 + 3, 4 * 6), nn.Parameter(torch.randn(1, 4, 6))
        self.last = nn.Linear(24, 10)
    def forward(self, z, label):
        z = torch.cat([z, F.one_hot(label, 3).float()], 1)
        tokens = self.first(z).view(-1, 4, 6) + self.const.expand(z.size(0), -1, -1)
        weights = torch.softmax(torch.bmm(tokens, tokens.transpose(1, 2)) * 6 ** -0.5, -1)
        return F.hardtanh(self.last(torch.bmm(weights, tokens).flatten(1)))


def settle(net):
    """Running statistics, scales and spectral norms as after some training."""
    for module in net.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 2.0)
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d, nn.GroupNorm, nn.LayerNorm, nn.InstanceNorm2d)) \
                and module.weight is not None:
            nn.init.normal_(module.weight, 1, 0.1)
            nn.init.normal_(module.bias, 0, 0.1)
    if isinstance(net, Discriminator):
        net.train()
        for _ in range(20):
            net(torch.randn(2, 3, 32, 32))
    return net.eval()


def strip(path):
    """Leaves out notes for people."""
    model = onnx.load(path)
    model.doc_string = model.graph.doc_string = ""
    for part in [*model.graph.node, *model.graph.value_info, *model.graph.input, *model.graph.output]:
        part.doc_string = ""
        del part.metadata_props[:]
    del model.graph.metadata_props[:]
    del model.graph.value_info[:]
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


def export(net, inputs, name, exporter, opset):
    path = FOLDER / f"{name}_{exporter}_{opset}.onnx"
    names = ["z", "label"][:len(inputs)]
    if exporter == "script":
        torch.onnx.export(net, inputs, path, dynamo=False, opset_version=opset, input_names=names,
                          output_names=["sample"], dynamic_axes={key: {0: "batch"} for key in [*names, "sample"]})
    else:
        batch = torch.export.Dim("batch")
        torch.onnx.export(net, inputs, path, dynamo=True, opset_version=opset, input_names=names,
                          output_names=["sample"], dynamic_shapes=tuple({0: batch} for _ in inputs),
                          external_data=False, verbose=False)
    strip(path)


# Of each network the shapes of its inputs and, for each exporter ("script", dynamo=False, and "dynamo"), opsets.
NETWORKS = {
    "dcgan": (Dcgan, [(8, 1, 1)], {"script": [9, 20], "dynamo": [20]}),
    "resnet": (ResnetGenerator, [(12,)], {"script": [11, 20], "dynamo": [20]}),
    "unet": (Unet, [(3, 16, 16)], {"script": [13, 20], "dynamo": [18, 20]}),
    "mlp": (Mlp, [(10,)], {"script": [9, 17, 20], "dynamo": [18, 23]}),
    "mapping": (Mapping, [(16,)], {"script": [9, 20], "dynamo": [20]}),
    "adain": (Adain, [(4,), ()], {"script": [16, 20], "dynamo": [20]}),
    "judge": (Judge, [(2, 8, 8), ()], {"script": [11, 20], "dynamo": [20]}),
    "tokens": (Tokens, [(8,), ()], {"script": [13, 20], "dynamo": [20]}),
    # The exporter to scripts has no operator for the newer parametrization.
    "discriminator": (lambda: Discriminator(True), [(3, 32, 32)], {"dynamo": [20]}),
    "discriminator_old": (lambda: Discriminator(False), [(3, 32, 32)], {"script": [17], "dynamo": [20]}),
}


def main():
    FOLDER.mkdir(exist_ok=True)
    for name, (make, shapes, exports) in NETWORKS.items():
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        torch.manual_seed(1)
        net = settle(make())
        inputs = tuple(torch.randn(2, *shape) if shape else torch.tensor([2, 0]) for shape in shapes)
        with torch.no_grad():
            tensors = {"x": inputs[0], "y": net(*inputs)}
        if name in ("dcgan", "judge"):
            tensors.update(net.state_dict())
        save_file({key: value.clone().contiguous() for key, value in tensors.items()}, FOLDER / f"{name}.safetensors",
                  metadata={"torch": torch.__version__})
        for exporter, opsets in exports.items():
            for opset in opsets:
                try:
                    export(net, inputs, name, exporter, opset)
                except Exception as error:
                    print(name, exporter, opset, repr(error)[:300])


main()
