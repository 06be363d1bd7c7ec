"""One file, one program: which stores it trusts here, and how it is told otherwise.

Functions over facts: `CLIENT.predict(case)` and `CLIENT.meet(need, case)`.
"""
