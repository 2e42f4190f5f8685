# zeros in front by torch.cat, positions kept by a pooling window of one pixel
class PaddedShortcut(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.missing = out_channels - in_channels
        self.subsample = nn.MaxPool2d(1, stride)

    def forward(self, x):
        kept = self.subsample(x)
        n, _, h, w = kept.shape
        return torch.cat([kept.new_zeros(n, self.missing, h, w), kept], dim=1)
