# units nested in Sequential, ReLU in place
def unit(a, b, k=1, p=0):
    return nn.Sequential(nn.Conv2d(a, b, (k, k), padding=(p, p)), nn.ReLU(inplace=True))


def mlpconv(in_channels, channels, kernel_size, padding=0):
    c1, c2, c3 = channels
    mlp = nn.Sequential(unit(c1, c2), unit(c2, c3))
    return nn.Sequential(unit(in_channels, c1, kernel_size, padding), mlp)
