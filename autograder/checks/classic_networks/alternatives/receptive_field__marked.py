# the pixels that a position reaches, marked one by one
def receptive_field(layers):
    pixels = {0}
    for kernel_size, stride in layers[::-1]:
        pixels = {p * stride + offset for p in pixels for offset in range(kernel_size)}
    return len(range(min(pixels), max(pixels) + 1))
