# bare parameters and buffers with torch.nn.functional, no submodules
class InvertedResidual(nn.Module):
    def __init__(self, in_channels, out_channels, stride, expansion):
        super().__init__()
        wide = expansion * in_channels
        self.stride, self.expansion = stride, expansion
        self.narrow = nn.Parameter(torch.randn(out_channels, wide, 1, 1) * 0.2)
        self.filters = nn.Parameter(torch.randn(wide, 1, 3, 3) * 0.3)
        widths = {"c": out_channels, "b": wide}
        if expansion > 1:
            self.widen = nn.Parameter(torch.randn(wide, in_channels, 1, 1) * 0.2)
            widths["a"] = wide
        for name, width in widths.items():
            self.register_parameter(f"scale_{name}", nn.Parameter(torch.ones(width)))
            self.register_parameter(f"shift_{name}", nn.Parameter(torch.zeros(width)))
            self.register_buffer(f"mean_{name}", torch.zeros(width))
            self.register_buffer(f"var_{name}", torch.ones(width))

    def normalise(self, x, name):
        parts = [getattr(self, f"{part}_{name}") for part in ("mean", "var", "scale", "shift")]
        return F.batch_norm(x, *parts, training=self.training)

    def forward(self, x):
        y = x
        if self.expansion > 1:
            y = self.normalise(F.conv2d(y, self.widen), "a").clamp(0, 6)
        y = F.conv2d(y, self.filters, stride=self.stride, padding=1, groups=y.shape[1])
        y = self.normalise(y, "b").clamp(0, 6)
        y = self.normalise(F.conv2d(y, self.narrow), "c")
        return torch.add(x, y) if x.shape == y.shape else y
