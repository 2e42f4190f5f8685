# bare parameters in reversed order, the 1x1 convolutions as einsum
class MLPConv(nn.Module):
    def __init__(self, in_channels, channels, kernel_size, padding):
        super().__init__()
        a, b, c = channels
        self.padding = padding
        self.b3, self.w3 = nn.Parameter(torch.zeros(c)), nn.Parameter(torch.randn(c, b) * 0.1)
        self.b2, self.w2 = nn.Parameter(torch.zeros(b)), nn.Parameter(torch.randn(b, a) * 0.1)
        self.w1 = nn.Parameter(torch.randn(a, in_channels, kernel_size, kernel_size) * 0.1)
        self.b1 = nn.Parameter(torch.zeros(a))

    def forward(self, x):
        x = F.conv2d(x, self.w1, self.b1, padding=self.padding).clamp(min=0)
        for w, b in ((self.w2, self.b2), (self.w3, self.b3)):
            x = torch.einsum("oc,nchw->nohw", w, x) + b[:, None, None]
            x = torch.relu(x)
        return x


def mlpconv(in_channels, channels, kernel_size, padding=0):
    return MLPConv(in_channels, channels, kernel_size, padding)
