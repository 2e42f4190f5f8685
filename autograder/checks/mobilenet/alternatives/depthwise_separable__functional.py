# bare parameters and buffers with torch.nn.functional, no submodules; ReLU6
class DepthwiseSeparable(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.stride = stride
        self.mix = nn.Parameter(torch.randn(out_channels, in_channels, 1, 1) * 0.2)
        self.filters = nn.Parameter(torch.randn(in_channels, 1, 3, 3) * 0.3)
        for name, width in (("second", out_channels), ("first", in_channels)):
            self.register_parameter(f"{name}_scale", nn.Parameter(torch.ones(width)))
            self.register_parameter(f"{name}_shift", nn.Parameter(torch.zeros(width)))
            self.register_buffer(f"{name}_mean", torch.zeros(width))
            self.register_buffer(f"{name}_var", torch.ones(width))

    def normalise(self, x, name):
        parts = [getattr(self, f"{name}_{part}") for part in ("mean", "var", "scale", "shift")]
        return F.batch_norm(x, *parts, training=self.training)

    def forward(self, x):
        x = F.conv2d(x, self.filters, stride=self.stride, padding=1, groups=x.shape[1])
        x = self.normalise(x, "first").clamp(0, 6)
        return self.normalise(F.conv2d(x, self.mix), "second").clamp(0, 6)
