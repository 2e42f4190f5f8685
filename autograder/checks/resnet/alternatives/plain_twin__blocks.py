# a plain block that mirrors the residual one
class PlainBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.b = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.a = nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False)
        self.a_norm, self.b_norm = nn.BatchNorm2d(out_channels), nn.BatchNorm2d(out_channels)

    def forward(self, x):
        return F.relu(self.b_norm(self.b(F.relu(self.a_norm(self.a(x))))))


def plain_cifar(n, num_classes=10):
    shapes = [(16, 16, 1), *[(16, 16, 1)] * (n - 1)]
    shapes += [(16, 32, 2), *[(32, 32, 1)] * (n - 1)]
    shapes += [(32, 64, 2), *[(64, 64, 1)] * (n - 1)]
    return nn.Sequential(
        nn.Sequential(nn.Conv2d(3, 16, 3, padding="same", bias=False), nn.BatchNorm2d(16)),
        nn.ReLU(),
        nn.Sequential(*(PlainBlock(*shape) for shape in shapes)),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(64, num_classes),
    )
