# a list of layers (channels in, channels out, kernel), summed; the break-even by trying
def weights(layers):
    return sum(a * b * k * k for a, b, k in layers)


def branch_cost(in_channels, out_channels, kernel_size, height, width, reduced=None):
    if reduced is None:
        layers = [(in_channels, out_channels, kernel_size)]
    else:
        layers = [(in_channels, reduced, 1), (reduced, out_channels, kernel_size)]
    return weights(layers) * height * width


def break_even(in_channels, out_channels, kernel_size):
    direct = branch_cost(in_channels, out_channels, kernel_size, 1, 1)
    reduced = 0
    while branch_cost(in_channels, out_channels, kernel_size, 1, 1, reduced + 1) < direct:
        reduced += 1
    return reduced


def inception_cost(in_channels, c1, c3, c5, pool_proj, height, width):
    layers = [
        (in_channels, c1, 1),
        (in_channels, c3[0], 1),
        (*c3, 3),
        (in_channels, c5[0], 1),
        (*c5, 5),
        (in_channels, pool_proj, 1),
    ]
    parameters = weights(layers) + sum(b for _, b, _ in layers)
    return [parameters, height * width * weights(layers)]
