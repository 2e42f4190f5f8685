# stages as nested Sequentials, pooling before the activation (max pooling and ReLU commute)
def resnet50(num_classes=1000, width=64):
    def stage(inputs, narrow, count, stride):
        rest = (Bottleneck(4 * narrow, narrow) for _ in range(count - 1))
        return nn.Sequential(Bottleneck(inputs, narrow, stride=stride), *rest)

    stem = nn.Sequential(
        nn.Conv2d(3, width, kernel_size=7, stride=2, padding=3, bias=False),
        nn.BatchNorm2d(width),
        nn.MaxPool2d(kernel_size=3, stride=2, padding=1),
        nn.ReLU(inplace=True),
    )
    body = nn.Sequential(
        stage(width, width, 3, 1),
        stage(4 * width, 2 * width, 4, 2),
        stage(8 * width, 4 * width, 6, 2),
        stage(16 * width, 8 * width, 3, 2),
    )
    head = nn.Sequential(
        nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten(1), nn.Linear(32 * width, num_classes)
    )
    return nn.Sequential(stem, body, head)
