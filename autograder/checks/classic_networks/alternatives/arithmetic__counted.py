# windows counted in a loop, filters and positions one by one
def conv_output_size(n, kernel_size, stride=1, padding=0):
    starts = range(-padding, n + padding - kernel_size + 1, stride)
    return len(starts)


def conv_cost(in_channels, out_channels, kernel_size, n, stride=1, padding=0, groups=1):
    read = in_channels // groups
    per_output = kernel_size * kernel_size * read
    positions = len(range(0, n + 2 * padding - kernel_size + 1, stride)) ** 2
    parameters = sum(per_output + 1 for _ in range(out_channels))
    return (parameters, positions * per_output * out_channels)
