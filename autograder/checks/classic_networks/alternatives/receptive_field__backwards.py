# from the output to the image, by the recursion (r - 1) * stride + kernel
def receptive_field(layers):
    seen = 1
    for kernel_size, stride in reversed(layers):
        seen = (seen - 1) * stride + kernel_size
    return seen
