# bare parameters and buffers in flat lists, one function for all layers, no submodules
class CifarNet(nn.Module):
    def __init__(self, n, num_classes):
        super().__init__()
        self.layers, a = [], 3
        for b, count in ((16, 2 * n + 1), (32, 2 * n), (64, 2 * n)):
            for number in range(count):
                self.layers.append((len(self.layers), 2 if b > 16 and number == 0 else 1))
                self.make(self.layers[-1][0], a, b)
                a = b
        self.bias = nn.Parameter(torch.zeros(num_classes))
        self.weight = nn.Parameter(torch.randn(num_classes, 64) / 8)

    def make(self, number, a, b):
        kernel = torch.randn(b, a, 3, 3) * (2 / (9 * a)) ** 0.5
        for name, start in (("shift", torch.zeros(b)), ("scale", torch.ones(b)), ("w", kernel)):
            self.register_parameter(f"{name}{number}", nn.Parameter(start))
        self.register_buffer(f"mean{number}", torch.zeros(b))
        self.register_buffer(f"var{number}", torch.ones(b))

    def layer(self, x, number, stride):
        x = F.conv2d(x, getattr(self, f"w{number}"), None, stride, 1)
        parts = [getattr(self, f"{part}{number}") for part in ("mean", "var", "scale", "shift")]
        return F.batch_norm(x, *parts, training=self.training)

    def forward(self, x):
        layers = iter(self.layers)
        x = self.layer(x, *next(layers)).relu()
        for number, stride in layers:
            y = self.layer(self.layer(x, number, stride).relu(), *next(layers))
            kept = x[:, :, ::stride, ::stride]
            y[:, : kept.shape[1]] += kept
            x = y.relu()
        return F.linear(x.flatten(2).mean(-1), self.weight, self.bias)


def resnet_cifar(n, num_classes=10):
    return CifarNet(n, num_classes)
