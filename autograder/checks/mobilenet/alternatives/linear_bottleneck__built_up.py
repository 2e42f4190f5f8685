# a dictionary built up, with a key of its own besides
def conclusion():
    seen = {"seeds": 4}
    seen["spiral_comes_back_from"] = "30 channels"
    seen["better_with_4_channels"] = "linear"
    seen["larger_difference_with"] = "4 channels"
    return seen
