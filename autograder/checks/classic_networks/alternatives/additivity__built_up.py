# the dictionary built step by step
def conclusion():
    seen = {"accuracy_without_tanh": "above 80 %"}
    seen["gap_without_tanh"] = "zero up to rounding"
    seen["what_tells_them_apart"] = "additivity"
    return seen
