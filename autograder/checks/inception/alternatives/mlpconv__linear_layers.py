# linear layers at each pixel, registered before the convolution; padding by F.pad
class Block(nn.Module):
    def __init__(self, widths, kernel_size, padding):
        super().__init__()
        self.pad = (padding,) * 4
        self.mix = nn.ModuleList([nn.Linear(*widths[1:3]), nn.Linear(*widths[2:])])
        self.filter = nn.Conv2d(widths[0], widths[1], kernel_size)

    def forward(self, x):
        x = F.relu(self.filter(F.pad(x, self.pad))).permute(0, 2, 3, 1)
        for layer in self.mix:
            x = F.relu(layer(x))
        return x.permute(0, 3, 1, 2)


def mlpconv(in_channels, channels, kernel_size, padding=0):
    return Block([in_channels, *channels], kernel_size, padding)
