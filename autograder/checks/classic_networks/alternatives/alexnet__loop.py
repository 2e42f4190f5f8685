# built from rows of a table in a loop, features and classifier apart
class Features(nn.Module):
    def __init__(self, rows):
        super().__init__()
        self.convs = nn.ModuleList()
        self.after = []
        channels = 3
        for out, kernel, stride, padding, groups, norm, pool in rows:
            self.convs.append(nn.Conv2d(channels, out, kernel, stride, padding, groups=groups))
            self.after.append((norm, pool))
            channels = out

    def forward(self, x):
        for conv, (norm, pool) in zip(self.convs, self.after, strict=True):
            x = conv(x).relu()
            x = local_response_norm(x) if norm else x
            x = F.max_pool2d(x, 3, stride=2) if pool else x
        return x


def alexnet(groups=2, num_classes=1000, width=96):
    wide, middle = width * 8 // 3, width * 4
    features = Features(
        [
            (width, 11, 4, 0, 1, True, True),
            (wide, 5, 1, 2, groups, True, True),
            (middle, 3, 1, 1, 1, False, False),
            (middle, 3, 1, 1, groups, False, False),
            (wide, 3, 1, 1, groups, False, True),
        ]
    )
    units = [wide * 36, width * 128 // 3, width * 128 // 3, num_classes]
    classifier = nn.Sequential()
    for i in range(3):
        layer = nn.Linear(units[i], units[i + 1])
        classifier.extend([layer, nn.ReLU(), nn.Dropout()])
    return nn.Sequential(features, nn.Flatten(1), classifier[:-2])
