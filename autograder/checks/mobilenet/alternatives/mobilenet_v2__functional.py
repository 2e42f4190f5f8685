# the whole network with bare parameters in lists and torch.nn.functional
class FunctionalMobile2(nn.Module):
    def __init__(self, alpha, num_classes):
        super().__init__()
        self.steps, self.weights = [], nn.ParameterList()
        self.scales, self.shifts = nn.ParameterList(), nn.ParameterList()
        width = make_divisible(32 * alpha)
        head = make_divisible(1280 * max(alpha, 1.0))
        self.last = nn.Parameter(torch.randn(num_classes, head) * 0.01)
        self.add(width, 3, 3, 2)
        for c, n, s in ((16, 1, 1), (24, 2, 2), (32, 3, 2), (64, 4, 2), (96, 3, 1), (160, 3, 2),
                        (320, 1, 1)):  # fmt: skip
            for stride in [s] + [1] * (n - 1):
                out, t = make_divisible(c * alpha), 1 if c == 16 else 6
                skip = stride == 1 and out == width
                if t > 1:
                    self.add(t * width, width, 1, save=skip)
                self.add(t * width, 1, 3, stride, groups=t * width, save=skip and t == 1)
                self.add(out, t * width, 1, linear=True, skip=skip)
                width = out
        self.add(head, width, 1)
        self.bias = nn.Parameter(torch.zeros(num_classes))

    def add(self, outputs, inputs, size, stride=1, groups=1, **flags):
        scale = (2 / (inputs * size * size)) ** 0.5
        self.weights.append(nn.Parameter(torch.randn(outputs, inputs, size, size) * scale))
        self.scales.append(nn.Parameter(torch.ones(outputs)))
        self.shifts.append(nn.Parameter(torch.zeros(outputs)))
        number = len(self.steps)
        self.register_buffer(f"mean{number}", torch.zeros(outputs))
        self.register_buffer(f"var{number}", torch.ones(outputs))
        self.steps.append(({"stride": stride, "padding": size // 2, "groups": groups}, flags))

    def forward(self, x):
        saved = x
        for number, (step, flags) in enumerate(self.steps):
            saved = x if flags.get("save") else saved
            x = F.conv2d(x, self.weights[number], **step)
            mean, var = getattr(self, f"mean{number}"), getattr(self, f"var{number}")
            scale, shift = self.scales[number], self.shifts[number]
            x = F.batch_norm(x, mean, var, scale, shift, self.training)
            if not flags.get("linear"):
                x = F.relu6(x)
            if flags.get("skip"):
                x = x + saved
        return F.linear(x.mean((2, 3)), self.last, self.bias)


def mobilenet_v2(width_mult=1.0, num_classes=1000):
    return FunctionalMobile2(width_mult, num_classes)
