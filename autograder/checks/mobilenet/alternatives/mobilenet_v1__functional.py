# the whole network with bare parameters in lists and torch.nn.functional
class FunctionalMobile(nn.Module):
    def __init__(self, alpha, num_classes):
        super().__init__()
        self.steps, self.weights = [], nn.ParameterList()
        self.scales, self.shifts = nn.ParameterList(), nn.ParameterList()
        width = int(32 * alpha)
        self.add(width, 3, 3, 2, 1)
        rows = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)]
        for channels, stride in [*rows, *[(512, 1)] * 5, (1024, 2), (1024, 1)]:
            self.add(width, 1, 3, stride, width)
            self.add(int(channels * alpha), width, 1, 1, 1)
            width = int(channels * alpha)
        self.weights.append(nn.Parameter(torch.randn(num_classes, width) * 0.01))
        self.bias = nn.Parameter(torch.zeros(num_classes))

    def add(self, outputs, inputs, size, stride, groups):
        scale = (2 / (inputs * size * size)) ** 0.5
        self.weights.append(nn.Parameter(torch.randn(outputs, inputs, size, size) * scale))
        self.scales.append(nn.Parameter(torch.ones(outputs)))
        self.shifts.append(nn.Parameter(torch.zeros(outputs)))
        number = len(self.steps)
        self.register_buffer(f"mean{number}", torch.zeros(outputs))
        self.register_buffer(f"var{number}", torch.ones(outputs))
        self.steps.append({"stride": stride, "padding": size // 2, "groups": groups})

    def forward(self, x):
        for number, step in enumerate(self.steps):
            x = F.conv2d(x, self.weights[number], **step)
            mean, var = getattr(self, f"mean{number}"), getattr(self, f"var{number}")
            scale, shift = self.scales[number], self.shifts[number]
            x = F.relu(F.batch_norm(x, mean, var, scale, shift, self.training))
        return F.linear(F.adaptive_avg_pool2d(x, 1).flatten(1), self.weights[-1], self.bias)


def mobilenet_v1(width_mult=1.0, num_classes=1000):
    return FunctionalMobile(width_mult, num_classes)
