# the dictionary built step by step
def conclusion():
    seen = {"trains_better_at_38_layers": "residual"}
    seen["plain_38_against_plain_8"] = "fails to train"
    seen.update({"plain_38_gradients_before_training": "do not vanish"})
    return seen
