# bare parameters; linear layers as matrix products, the 1x1 as einsum, the windows unfolded
class Head(nn.Module):
    def __init__(self, in_channels, num_classes, width):
        super().__init__()
        sizes = (in_channels, 2 * width, 32 * width, 16 * width, num_classes)
        self.last = nn.Parameter(torch.randn(sizes[4], sizes[3]) * 0.05)
        self.hidden = nn.Parameter(torch.randn(sizes[3], sizes[2]) * 0.05)
        self.mix = nn.Parameter(torch.randn(sizes[1], sizes[0]) * 0.05)
        self.last_bias = nn.Parameter(torch.zeros(sizes[4]))
        self.hidden_bias = nn.Parameter(torch.zeros(sizes[3]))
        self.mix_bias = nn.Parameter(torch.zeros(sizes[1]))
        self.drop = nn.Dropout(0.7)

    def forward(self, x):
        x = x.unfold(2, 5, 3).unfold(3, 5, 3).mean((-2, -1))
        x = torch.einsum("oc,nchw->nohw", self.mix, x) + self.mix_bias[:, None, None]
        x = x.relu().reshape(len(x), -1)
        x = self.drop((x @ self.hidden.T + self.hidden_bias).relu())
        return F.linear(x, self.last, self.last_bias)


def auxiliary_head(in_channels, num_classes=1000, width=64):
    return Head(in_channels, num_classes, width)
