# bare parameters in a ParameterDict, 1x1 convolutions as einsum
class Bottleneck(nn.Module):
    def __init__(self, in_channels, bottleneck_channels, stride=1):
        super().__init__()
        narrow, out_channels = bottleneck_channels, bottleneck_channels * 4
        self.stride = stride
        self.weights = nn.ParameterDict(
            {
                "expand": nn.Parameter(torch.randn(out_channels, narrow) * 0.1),
                "spatial": nn.Parameter(torch.randn(narrow, narrow, 3, 3) * 0.1),
                "reduce": nn.Parameter(torch.randn(narrow, in_channels) * 0.1),
            }
        )
        self.norm_expand = nn.BatchNorm2d(out_channels)
        self.norm_spatial = nn.BatchNorm2d(narrow)
        self.norm_reduce = nn.BatchNorm2d(narrow)
        self.project = stride != 1 or in_channels != out_channels
        if self.project:
            self.weights["project"] = nn.Parameter(torch.randn(out_channels, in_channels) * 0.1)
            self.norm_project = nn.BatchNorm2d(out_channels)

    def mix(self, x, name):
        return torch.einsum("oc,nchw->nohw", self.weights[name], x)

    def forward(self, x):
        y = F.relu(self.norm_reduce(self.mix(x, "reduce")))
        y = F.conv2d(y, self.weights["spatial"], stride=self.stride, padding=1)
        y = self.norm_expand(self.mix(F.relu(self.norm_spatial(y)), "expand"))
        if self.project:
            x = self.norm_project(self.mix(x[..., :: self.stride, :: self.stride], "project"))
        return F.relu(y + x)


# %% zero_init
def zero_init_residual(model):
    for module in model.modules():
        if isinstance(module, BasicBlock):
            nn.init.zeros_(module.bn2.weight)
        if isinstance(module, Bottleneck):
            nn.init.zeros_(module.norm_expand.weight)
