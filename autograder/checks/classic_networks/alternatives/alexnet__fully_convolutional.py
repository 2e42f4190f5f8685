# the linear layers as convolutions, dropout in front of them as in torchvision, torch's own LRN
class AlexNet(nn.Module):
    def __init__(self, groups, num_classes, w):
        super().__init__()
        a, b, c, d = w, 8 * w // 3, 4 * w, 128 * w // 3
        self.head = nn.Sequential(
            nn.Dropout(),
            nn.Conv2d(b, d, 6),
            nn.ReLU(inplace=True),
            nn.Dropout(),
            nn.Conv2d(d, d, 1),
            nn.ReLU(inplace=True),
            nn.Conv2d(d, num_classes, 1),
        )
        self.body = nn.Sequential(
            nn.Conv2d(3, a, 11, 4),
            nn.ReLU(True),
            nn.LocalResponseNorm(5, 5e-4, 0.75, 2.0),
            nn.MaxPool2d(3, 2),
            nn.Conv2d(a, b, 5, 1, 2, groups=groups),
            nn.ReLU(True),
            nn.LocalResponseNorm(5, 5e-4, 0.75, 2.0),
            nn.MaxPool2d(3, 2),
            nn.Conv2d(b, c, 3, 1, 1),
            nn.ReLU(True),
            nn.Conv2d(c, c, 3, 1, 1, groups=groups),
            nn.ReLU(True),
            nn.Conv2d(c, b, 3, 1, 1, groups=groups),
            nn.ReLU(True),
            nn.MaxPool2d(3, 2),
        )

    def forward(self, x):
        return self.head(self.body(x)).flatten(1)


def alexnet(groups=2, num_classes=1000, width=96):
    return AlexNet(groups, num_classes, width)
