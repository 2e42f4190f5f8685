# layers in ModuleLists walked by a loop, biases everywhere, the shortcut computed first
class Bottleneck(nn.Module):
    expansion = 4

    def __init__(self, in_channels, bottleneck_channels, stride=1):
        super().__init__()
        wide = self.expansion * bottleneck_channels
        widths = [in_channels, bottleneck_channels, bottleneck_channels, wide]
        self.norms = nn.ModuleList(nn.BatchNorm2d(width) for width in widths[1:])
        self.convolutions = nn.ModuleList(
            nn.Conv2d(a, b, k, s, padding=k // 2)
            for a, b, k, s in zip(widths[:-1], widths[1:], (1, 3, 1), (1, stride, 1), strict=True)
        )
        self.shortcut = nn.Identity()
        if stride > 1 or in_channels != wide:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, wide, 1, stride), nn.BatchNorm2d(wide)
            )

    def forward(self, x):
        total = self.shortcut(x)
        for number, (convolution, norm) in enumerate(
            zip(self.convolutions, self.norms, strict=True)
        ):
            x = norm(convolution(x if number == 0 else F.relu(x)))
        return F.relu(total + x)


# %% zero_init
def zero_init_residual(model):
    for module in model.modules():
        if isinstance(module, BasicBlock):
            nn.init.zeros_(module.bn2.weight)
        if isinstance(module, Bottleneck):
            nn.init.zeros_(module.norms[2].weight)
