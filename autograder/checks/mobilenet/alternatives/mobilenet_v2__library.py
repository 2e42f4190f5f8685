# one class with features and a classifier, as a well-known library has it, with a dropout
class LibraryNet(nn.Module):
    def __init__(self, width_mult, num_classes):
        super().__init__()
        channels = make_divisible(32 * width_mult, 8)
        last = make_divisible(1280 * max(1.0, width_mult), 8)
        features = [self.triple(3, channels, 3, 2)]
        for t, c, n, s in [
            [1, 16, 1, 1],
            [6, 24, 2, 2],
            [6, 32, 3, 2],
            [6, 64, 4, 2],
            [6, 96, 3, 1],
            [6, 160, 3, 2],
            [6, 320, 1, 1],
        ]:
            for i in range(n):
                width = make_divisible(c * width_mult, 8)
                features.append(InvertedResidual(channels, width, s if i == 0 else 1, t))
                channels = width
        features.append(self.triple(channels, last, 1, 1))
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(last, num_classes))
        self.features = nn.Sequential(*features)

    @staticmethod
    def triple(inputs, outputs, size, stride):
        conv = nn.Conv2d(inputs, outputs, size, stride, (size - 1) // 2, bias=False)
        return nn.Sequential(conv, nn.BatchNorm2d(outputs), nn.ReLU6(inplace=True))

    def forward(self, x):
        x = F.adaptive_avg_pool2d(self.features(x), (1, 1))
        return self.classifier(torch.flatten(x, 1))


def mobilenet_v2(width_mult=1.0, num_classes=1000):
    return LibraryNet(width_mult, num_classes)
