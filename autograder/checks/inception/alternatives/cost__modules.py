# counted on meta modules; the break-even as a quotient in floats, corrected
import math


def branch_cost(in_channels, out_channels, kernel_size, height, width, reduced=None):
    with torch.device("meta"):
        layers = [nn.Conv2d(reduced or in_channels, out_channels, kernel_size)]
        if reduced:
            layers.append(nn.Conv2d(in_channels, reduced, 1))
    return height * width * sum(layer.weight.numel() for layer in layers)


def break_even(in_channels, out_channels, kernel_size):
    k2 = kernel_size * kernel_size
    bound = k2 * in_channels * out_channels / (in_channels + k2 * out_channels)
    return math.ceil(bound) - 1


def inception_cost(in_channels, c1, c3, c5, pool_proj, height, width):
    r3, n3 = c3
    r5, n5 = c5
    cost = branch_cost(in_channels, c1, 1, height, width)
    cost += branch_cost(in_channels, n3, 3, height, width, r3)
    cost += branch_cost(in_channels, n5, 5, height, width, reduced=r5)
    cost += branch_cost(in_channels, pool_proj, 1, height, width)
    return cost // (height * width) + c1 + r3 + n3 + r5 + n5 + pool_proj, cost
