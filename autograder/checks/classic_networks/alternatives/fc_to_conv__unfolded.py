# windows cut out by unfold and multiplied with bare parameters
class Unfolded(nn.Module):
    def __init__(self, weight, bias, size):
        super().__init__()
        self.bias = nn.Parameter(bias.detach().clone())
        self.rows = nn.Parameter(weight.detach().clone())
        self.size = size

    def forward(self, x):
        columns = F.unfold(x, self.size)  # (N, C h w, positions), channel by channel
        out = self.rows @ columns + self.bias[:, None]
        return out.reshape(len(x), -1, x.shape[2] - self.size[0] + 1, x.shape[3] - self.size[1] + 1)


def fc_to_conv(linear, shape):
    return Unfolded(linear.weight, linear.bias, tuple(shape[1:]))
