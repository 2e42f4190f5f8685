# a subclass of nn.Sequential with nested parts, conv biases, ReLU6 in place
class DepthwiseSeparable(nn.Sequential):
    def __init__(self, in_channels, out_channels, stride=1):
        def part(inputs, outputs, **options):
            return nn.Sequential(
                nn.Conv2d(inputs, outputs, **options), nn.BatchNorm2d(outputs), nn.ReLU6(True)
            )

        super().__init__(
            part(
                in_channels,
                in_channels,
                kernel_size=(3, 3),
                stride=(stride, stride),
                padding="same" if stride == 1 else 1,
                groups=in_channels,
            ),
            part(in_channels, out_channels, kernel_size=1),
        )
