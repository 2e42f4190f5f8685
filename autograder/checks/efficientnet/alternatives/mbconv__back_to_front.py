# other names in reverse order, SiLU as x * sigmoid(x), the depthwise stage as a helper class
class Depthwise(nn.Module):
    def __init__(self, channels, k, stride):
        super().__init__()
        self.bn = nn.BatchNorm2d(channels, momentum=0.01, eps=0.001)
        self.dw = nn.Conv2d(
            channels, channels, (k, k), (stride, stride), k // 2, groups=channels, bias=False
        )

    def forward(self, x):
        return self.bn(self.dw(x))


def swish(x):
    return x * torch.sigmoid(x)


class MBConv(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride, expansion, drop_rate=0.0):
        super().__init__()
        mid = in_channels * expansion
        self.residual = stride == 1 and in_channels == out_channels
        self.sd = StochasticDepth(drop_rate if self.residual else 0.0)
        self.bn3 = norm(out_channels)
        self.pw2 = nn.Conv2d(mid, out_channels, 1, bias=False)
        self.attention = SqueezeExcitation(mid, in_channels // 4 or 1)
        self.dw = Depthwise(mid, kernel_size, stride)
        self.pw1 = self.bn1 = None
        if expansion > 1:
            self.bn1 = norm(mid)
            self.pw1 = nn.Conv2d(in_channels, mid, 1, bias=False)

    def forward(self, inputs):
        x = inputs
        if self.pw1 is not None:
            x = swish(self.bn1(self.pw1(x)))
        x = self.attention(swish(self.dw(x)))
        x = self.bn3(self.pw2(x))
        return torch.add(self.sd(x), inputs) if self.residual else x
