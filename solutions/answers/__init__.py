"""Reference answers in the form that an assignment asks for, one module an assignment.

Their bodies fill the slots of the notebooks. Blocks and networks of the book live one level up.
"""
