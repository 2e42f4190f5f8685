"""Coverage-guided fuzzing of the places where hostile bytes enter the grader outside the sandbox.

``python -m benchmarks.fuzz wire|intake``. Each target is a module with ``play``, which raises
whatever should not have got out, ``valid``, inputs to begin with, and ``mutated``, which knows
their structure. ``tests/fuzz`` plays the kept inputs again without a fuzzer.
"""
