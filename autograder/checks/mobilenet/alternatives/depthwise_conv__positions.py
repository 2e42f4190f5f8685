# a loop over the positions of the output
def depthwise_conv(x, weight, stride=1, padding=0):
    n, c, h, w = x.shape
    k, m = weight.shape[1], weight.shape[2]
    padded = torch.zeros(n, c, h + 2 * padding, w + 2 * padding, dtype=x.dtype)
    padded[:, :, padding : padding + h, padding : padding + w] = x
    rows = []
    for i in range(0, h + 2 * padding - k + 1, stride):
        row = [
            (padded[:, :, i : i + k, j : j + m] * weight).sum((2, 3))
            for j in range(0, w + 2 * padding - m + 1, stride)
        ]
        rows.append(torch.stack(row, dim=-1))
    return torch.stack(rows, dim=2)
