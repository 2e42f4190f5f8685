# a strided 1x1 convolution with a fixed identity matrix, kept as a buffer
class PaddedShortcut(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.register_buffer("kernel", torch.eye(out_channels, in_channels)[:, :, None, None])
        self.stride = stride

    def forward(self, x):
        return F.conv2d(x, self.kernel.to(x), stride=self.stride)
