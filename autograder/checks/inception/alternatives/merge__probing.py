# the linear map read off from what it does to zeros and to unit vectors
def merge_1x1(first, second):
    def both(x):
        middle = F.conv2d(x, *first)
        return F.conv2d(middle, *second)

    inputs = first[0].shape[1]
    units = torch.eye(inputs, dtype=first[0].dtype).reshape(inputs, inputs, 1, 1)
    bias = both(torch.zeros_like(units[:1]))
    weight = (both(units) - bias).transpose(0, 1)
    return [weight, bias.reshape(-1)]
