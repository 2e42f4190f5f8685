# bare parameters and buffers with torch.nn.functional, no submodules
class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.stride = stride
        self.w2 = nn.Parameter(torch.randn(out_channels, out_channels, 3, 3) * 0.1)
        self.w1 = nn.Parameter(torch.randn(out_channels, in_channels, 3, 3) * 0.1)
        self.norms = ["a", "b"]
        self.project = stride > 1 or in_channels != out_channels
        if self.project:
            self.w3 = nn.Parameter(torch.randn(out_channels, in_channels, 1, 1) * 0.1)
            self.norms.append("c")
        for name in self.norms:
            self.register_parameter(f"scale_{name}", nn.Parameter(torch.ones(out_channels)))
            self.register_parameter(f"shift_{name}", nn.Parameter(torch.zeros(out_channels)))
            self.register_buffer(f"mean_{name}", torch.zeros(out_channels))
            self.register_buffer(f"var_{name}", torch.ones(out_channels))

    def normalise(self, x, name):
        parts = [getattr(self, f"{part}_{name}") for part in ("mean", "var", "scale", "shift")]
        return F.batch_norm(x, *parts, training=self.training)

    def forward(self, x):
        y = self.normalise(F.conv2d(x, self.w1, stride=self.stride, padding=1), "a").clamp(min=0)
        y = self.normalise(F.conv2d(y, self.w2, padding=1), "b")
        if self.project:
            x = self.normalise(F.conv2d(x, self.w3, stride=self.stride), "c")
        return F.relu(x + y)


# %% zero_init
def zero_init_residual(model):
    for module in model.modules():
        if isinstance(module, BasicBlock):
            nn.init.zeros_(module.scale_b)
        if isinstance(module, Bottleneck):
            nn.init.zeros_(module.bn3.weight)
