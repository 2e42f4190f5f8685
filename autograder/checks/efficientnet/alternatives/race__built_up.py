# the dictionary built step by step
def conclusion():
    seen = {"what_pays": "resolution and compound", "what_the_base_lacks": "pixels"}
    seen["what_made_compound_good"] = "resolution"
    seen |= {"law_against_count": "off by up to a half"}
    return seen
