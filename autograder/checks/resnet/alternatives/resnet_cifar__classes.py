# a class with stages in a ModuleList, biases, mean over positions, zeros on both sides
class Shortcut(nn.Module):
    def __init__(self, extra, stride):
        super().__init__()
        self.extra, self.stride = extra, stride

    def forward(self, x):
        x = F.avg_pool2d(x, 1, self.stride)
        return F.pad(x, (0, 0, 0, 0, self.extra // 2, self.extra - self.extra // 2))


class Unit(nn.Module):
    def __init__(self, a, b, stride):
        super().__init__()
        self.skip = nn.Identity() if (a, stride) == (b, 1) else Shortcut(b - a, stride)
        self.f = nn.Sequential(
            nn.Conv2d(a, b, 3, stride, 1),
            nn.BatchNorm2d(b),
            nn.ReLU(),
            nn.Conv2d(b, b, 3, 1, 1),
            nn.BatchNorm2d(b),
        )

    def forward(self, x):
        return F.relu(self.skip(x) + self.f(x))


class Net(nn.Module):
    def __init__(self, n, num_classes):
        super().__init__()
        self.head = nn.Linear(64, num_classes)
        self.stages = nn.ModuleList()
        for a, b, stride in ((16, 16, 1), (16, 32, 2), (32, 64, 2)):
            later = [Unit(b, b, 1) for _ in range(n - 1)]
            self.stages.append(nn.ModuleList([Unit(a, b, stride), *later]))
        self.stem = nn.Conv2d(3, 16, 3, padding=1)
        self.norm = nn.BatchNorm2d(16)

    def forward(self, x):
        x = F.relu(self.norm(self.stem(x)))
        for stage in self.stages:
            for unit in stage:
                x = unit(x)
        return self.head(x.mean(dim=(2, 3)))


def resnet_cifar(n, num_classes=10):
    return Net(n, num_classes)
