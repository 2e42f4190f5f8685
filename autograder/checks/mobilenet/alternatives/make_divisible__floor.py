# math.floor, and a step up while too little is left
def make_divisible(value, divisor=8):
    multiple = math.floor(value / divisor + 0.5)
    while multiple < 1 or multiple * divisor < 0.9 * value:
        multiple += 1
    return multiple * divisor
