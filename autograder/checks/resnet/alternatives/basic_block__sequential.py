# one nested Sequential as branch, an empty Sequential as identity, torch.add
def three_by_three(in_channels, out_channels, stride=1):
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, (3, 3), stride, (1, 1), bias=False),
        nn.BatchNorm2d(out_channels),
    )


class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.skip = nn.Sequential()
        if in_channels != out_channels or stride != 1:
            self.skip.append(nn.Conv2d(in_channels, out_channels, 1, stride, bias=False))
            self.skip.append(nn.BatchNorm2d(out_channels))
        self.branch = nn.Sequential(
            three_by_three(in_channels, out_channels, stride),
            nn.ReLU(inplace=True),
            three_by_three(out_channels, out_channels),
        )
        self.activation = nn.ReLU(inplace=True)

    def forward(self, x):
        return self.activation(torch.add(self.skip(x), self.branch(x)))


# %% zero_init
def zero_init_residual(model):
    for module in model.modules():
        if isinstance(module, BasicBlock):
            nn.init.zeros_(module.branch[2][1].weight)
        if isinstance(module, Bottleneck):
            nn.init.zeros_(module.bn3.weight)
