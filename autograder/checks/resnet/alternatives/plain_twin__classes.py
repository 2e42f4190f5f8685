# a class with one ModuleList of layers, biases, a loop as forward
class Plain(nn.Module):
    def __init__(self, n, num_classes):
        super().__init__()
        self.fc = nn.Linear(64, num_classes)
        widths = [16] + [16] * (2 * n) + [32] * (2 * n) + [64] * (2 * n)
        self.norms = nn.ModuleList(nn.BatchNorm2d(width) for width in widths)
        self.convs = nn.ModuleList(
            nn.Conv2d(a, b, 3, 2 if 0 < number and a < b else 1, 1)
            for number, (a, b) in enumerate(zip([3, *widths], widths, strict=False))
        )

    def forward(self, x):
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = F.relu(norm(conv(x)))
        return self.fc(x.mean((-2, -1)))


def plain_cifar(n, num_classes=10):
    return Plain(n, num_classes)
