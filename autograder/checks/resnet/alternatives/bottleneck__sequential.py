# a Sequential branch, the projection registered first, its bias kept
class Bottleneck(nn.Module):
    def __init__(self, in_channels, bottleneck_channels, stride=1):
        super().__init__()
        out_channels = 4 * bottleneck_channels
        self.adapt = nn.Sequential()
        if (in_channels, stride) != (out_channels, 1):
            self.adapt = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, kernel_size=1, stride=stride),
                nn.BatchNorm2d(out_channels),
            )
        self.f = nn.Sequential(
            nn.Conv2d(in_channels, bottleneck_channels, 1, bias=False),
            nn.BatchNorm2d(bottleneck_channels),
            nn.ReLU(),
            nn.Conv2d(bottleneck_channels, bottleneck_channels, 3, stride, 1, bias=False),
            nn.BatchNorm2d(bottleneck_channels),
            nn.ReLU(),
            nn.Conv2d(bottleneck_channels, out_channels, 1, bias=False),
            nn.BatchNorm2d(out_channels),
        )

    def forward(self, x):
        return torch.clamp_min(self.f(x) + self.adapt(x), 0)


# %% zero_init
def zero_init_residual(model):
    for module in model.modules():
        if isinstance(module, BasicBlock):
            nn.init.zeros_(module.bn2.weight)
        if isinstance(module, Bottleneck):
            nn.init.zeros_(module.f[7].weight)
