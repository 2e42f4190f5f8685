# the projection as a linear layer on every stride-th pixel; padding by F.pad
class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.stride = stride
        self.first = nn.Conv2d(in_channels, out_channels, 3, stride, bias=False)
        self.second = nn.Conv2d(out_channels, out_channels, 3, bias=True)
        self.needs_projection = in_channels != out_channels or stride != 1
        if self.needs_projection:
            self.match = nn.Linear(in_channels, out_channels, bias=False)
        norms = 3 if self.needs_projection else 2
        self.norms = nn.ModuleList(nn.BatchNorm2d(out_channels) for _ in range(norms))

    def shortcut(self, x):
        if not self.needs_projection:
            return x
        pixels = x[:, :, :: self.stride, :: self.stride].permute(0, 2, 3, 1)
        return self.norms[2](self.match(pixels).permute(0, 3, 1, 2))

    def forward(self, x):
        y = F.relu(self.norms[0](self.first(F.pad(x, (1, 1, 1, 1)))))
        y = self.norms[1](self.second(F.pad(y, (1, 1, 1, 1))))
        return torch.relu(self.shortcut(x) + y)


# %% zero_init
def zero_init_residual(model):
    for module in model.modules():
        if isinstance(module, BasicBlock):
            nn.init.zeros_(module.norms[1].weight)
        if isinstance(module, Bottleneck):
            nn.init.zeros_(module.bn3.weight)
