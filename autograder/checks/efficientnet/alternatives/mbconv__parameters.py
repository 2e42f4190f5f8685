# bare parameters with functional calls; batch norm by F.batch_norm on buffers; own squeeze
class MBConv(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride, expansion, drop_rate=0.0):
        super().__init__()
        wide, narrow = in_channels * expansion, max(1, in_channels // 4)
        self.stride, self.padding, self.rate = stride, kernel_size // 2, drop_rate
        self.expands = expansion != 1
        self.adds = stride == 1 and in_channels == out_channels
        self.weights = nn.ParameterDict()
        self.weight("project", out_channels, wide)
        self.weight("depthwise", wide, 1, kernel_size, kernel_size)
        if self.expands:
            self.weight("expand", wide, in_channels)
        for name, a, b in (("down", narrow, wide), ("up", wide, narrow)):
            self.weights[name] = nn.Parameter(torch.randn(a, b) / b**0.5)
            self.weights[f"{name}_bias"] = nn.Parameter(torch.zeros(a))

    def weight(self, name, *shape):
        fan = torch.Size(shape[1:]).numel()
        self.weights[name] = nn.Parameter(torch.randn(*shape) * (2 / fan) ** 0.5)
        self.weights[f"{name}_gamma"] = nn.Parameter(torch.ones(shape[0]))
        self.weights[f"{name}_beta"] = nn.Parameter(torch.zeros(shape[0]))
        self.register_buffer(f"{name}_mean", torch.zeros(shape[0]))
        self.register_buffer(f"{name}_var", torch.ones(shape[0]))

    def normed(self, x, name):
        return F.batch_norm(
            x,
            getattr(self, f"{name}_mean"),
            getattr(self, f"{name}_var"),
            self.weights[f"{name}_gamma"],
            self.weights[f"{name}_beta"],
            self.training,
            0.01,
            1e-3,
        )

    def mixed(self, x, name):
        return F.conv2d(x, self.weights[name][:, :, None, None])

    def forward(self, x):
        y = F.silu(self.normed(self.mixed(x, "expand"), "expand")) if self.expands else x
        kernels = self.weights["depthwise"]
        y = F.conv2d(y, kernels, None, self.stride, self.padding, groups=len(kernels))
        y = F.silu(self.normed(y, "depthwise"))
        s = F.linear(y.mean((2, 3)), self.weights["down"], self.weights["down_bias"])
        s = F.linear(F.silu(s), self.weights["up"], self.weights["up_bias"])
        y = y * torch.sigmoid(s)[..., None, None]
        y = self.normed(self.mixed(y, "project"), "project")
        if not self.adds:
            return y
        if self.training and self.rate > 0:
            keep = torch.rand(len(y), 1, 1, 1, dtype=y.dtype) >= self.rate
            y = torch.where(keep, y / (1 - self.rate), torch.zeros_like(y))
        return y + x
