# math.pow in a tuple comprehension
def compound_scale(phi, alpha=1.2, beta=1.1, gamma=1.15):
    return tuple(math.pow(base, phi) for base in (alpha, beta, gamma))


def cost_factor(depth, width, resolution):
    return math.prod((depth, width, width, resolution, resolution))
