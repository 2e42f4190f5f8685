# stages as nested Sequentials, ReLU6 in the first layer, as the authors' code has it
def mobilenet_v1(width_mult=1.0, num_classes=1000):
    def wide(channels):
        return round(channels * width_mult)

    def stage(inputs, outputs, count, stride):
        rest = (DepthwiseSeparable(wide(outputs), wide(outputs)) for _ in range(count - 1))
        return nn.Sequential(DepthwiseSeparable(wide(inputs), wide(outputs), stride=stride), *rest)

    stem = nn.Sequential(
        nn.Conv2d(3, wide(32), kernel_size=3, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(wide(32)),
        nn.ReLU6(inplace=True),
    )
    plan = ((32, 64, 1, 1), (64, 128, 2, 2), (128, 256, 2, 2), (256, 512, 6, 2), (512, 1024, 2, 2))
    body = nn.Sequential(*(stage(*row) for row in plan))
    head = nn.Sequential(
        nn.AdaptiveAvgPool2d((1, 1)), nn.Conv2d(wide(1024), num_classes, 1), nn.Flatten(1)
    )
    return nn.Sequential(stem, body, head)
