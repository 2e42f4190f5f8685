# rows as nested Sequentials, biases, a 1x1 convolution as the last layer
def mobilenet_v2(width_mult=1.0, num_classes=1000):
    def wide(channels):
        return make_divisible(channels * width_mult)

    def row(inputs, outputs, count, stride, expansion):
        first = InvertedResidual(inputs, outputs, stride, expansion)
        rest = (InvertedResidual(outputs, outputs, 1, expansion) for _ in range(count - 1))
        return nn.Sequential(first, *rest)

    widths = [wide(8 * c) for c in (4, 2, 3, 4, 8, 12, 20, 40)]
    counts, strides = (1, 2, 3, 4, 3, 3, 1), (1, 2, 2, 2, 1, 2, 1)
    body = nn.Sequential()
    for index, (count, stride) in enumerate(zip(counts, strides, strict=True)):
        t = 6 if index else 1
        body.append(row(widths[index], widths[index + 1], count, stride, t))
    head = 1280 if width_mult < 1 else wide(1280)
    return nn.Sequential(
        nn.Sequential(
            nn.Conv2d(3, widths[0], 3, 2, 1), nn.BatchNorm2d(widths[0]), nn.Hardtanh(0, 6)
        ),
        body,
        nn.Sequential(nn.Conv2d(widths[-1], head, 1), nn.BatchNorm2d(head), nn.ReLU6()),
        nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(head, num_classes, 1), nn.Flatten()),
    )
