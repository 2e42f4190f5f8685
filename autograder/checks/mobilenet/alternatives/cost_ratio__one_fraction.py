# as one fraction
def separable_cost_ratio(out_channels, kernel_size):
    k2 = math.pow(kernel_size, 2)
    return (out_channels + k2) / (out_channels * k2)
