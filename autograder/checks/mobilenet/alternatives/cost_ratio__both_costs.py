# both costs counted for some input and map, then divided
def separable_cost_ratio(out_channels, kernel_size):
    in_channels, positions = 12, 35
    depthwise = kernel_size * kernel_size * in_channels * positions
    pointwise = in_channels * out_channels * positions
    full = kernel_size * kernel_size * in_channels * out_channels * positions
    return (depthwise + pointwise) / full
