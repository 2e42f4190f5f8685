# a full convolution whose weight is masked in each forward pass
class C3(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(6, 16, 5)
        table = torch.tensor([[mark == "X" for mark in row] for row in CONNECTIONS])
        self.register_buffer("mask", table.T[:, :, None, None].float())

    def forward(self, x):
        return F.conv2d(x, self.conv.weight * self.mask, self.conv.bias)
