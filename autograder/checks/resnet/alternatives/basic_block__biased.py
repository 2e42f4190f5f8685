# biases before batch norm, None as identity, reversed registration, addition in place
class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.downsample = None
        if not (stride == 1 and in_channels == out_channels):
            self.downsample = nn.ModuleList(
                [nn.BatchNorm2d(out_channels), nn.Conv2d(in_channels, out_channels, 1, stride)]
            )
        self.norm_out = nn.BatchNorm2d(out_channels)
        self.norm_in = nn.BatchNorm2d(out_channels)
        self.conv_out = nn.Conv2d(out_channels, out_channels, 3, padding=1)
        self.conv_in = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1)

    def forward(self, x):
        identity = x
        if self.downsample is not None:
            norm, projection = self.downsample
            identity = norm(projection(x))
        out = self.norm_out(self.conv_out(torch.relu(self.norm_in(self.conv_in(x)))))
        out += identity
        return out.relu_()


# %% zero_init
def zero_init_residual(model):
    for module in model.modules():
        if isinstance(module, BasicBlock):
            nn.init.zeros_(module.norm_out.weight)
        if isinstance(module, Bottleneck):
            nn.init.zeros_(module.bn3.weight)
