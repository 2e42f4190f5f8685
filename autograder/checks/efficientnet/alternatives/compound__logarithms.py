# powers by exponentials of logarithms, returned as a list; products written out
def compound_scale(phi, alpha=1.2, beta=1.1, gamma=1.15):
    return [math.exp(phi * math.log(base)) for base in (alpha, beta, gamma)]


def cost_factor(depth, width, resolution):
    return depth * (width * resolution) * (width * resolution)
