# an empty output of the right size, filled in; the identity case returns x itself
class PaddedShortcut(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.same = in_channels == out_channels and stride == 1
        self.out_channels = out_channels
        self.stride = stride

    def forward(self, x):
        if self.same:
            return x
        n, c, h, w = x.shape
        size = ((h - 1) // self.stride + 1, (w - 1) // self.stride + 1)
        out = torch.zeros(n, self.out_channels, *size, dtype=x.dtype, device=x.device)
        out[:, :c] = x[..., :: self.stride, :: self.stride]
        return out
