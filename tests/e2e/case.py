# SPDX-License-Identifier: Apache-2.0
"""Cases without a framework: @case registers, run() runs all and tallies.

Prints `ok NAME`, `FAIL NAME: why` or `skip NAME: why`, and ends with the
line `N passed, N failed`, of all calls so far.
"""
import sys
import time
import traceback

CASES = []
TALLY = [0, 0]  # passed and failed of all that run() was given


class Skip(Exception):
    """Raised by a case that cannot run here; its text says why."""


def case(fn):
    CASES.append(fn)
    return fn


def same(got, want, what=""):
    if got != want:
        raise AssertionError("%s: got %r, want %r" % (what, got, want))


def run(*args):
    pattern = sys.argv[1] if len(sys.argv) > 1 else ""
    before = TALLY[1]
    for fn in CASES:
        if pattern not in fn.__name__:
            continue
        t0 = time.monotonic()
        try:
            fn(*args)
            TALLY[0] += 1
            print("ok %s (%.1f s)" % (fn.__name__, time.monotonic() - t0), flush=True)
        except Skip as e:
            print("skip %s: %s" % (fn.__name__, e), flush=True)
        except Exception as e:  # every failure of a case is a result, not an end
            TALLY[1] += 1
            print("FAIL %s: %s" % (fn.__name__, e), flush=True)
            traceback.print_exc()
    print("%d passed, %d failed" % tuple(TALLY), flush=True)
    return 1 if TALLY[1] > before else 0
