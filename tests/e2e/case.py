# SPDX-License-Identifier: Apache-2.0
"""Cases without a framework: @case registers, run() runs all and tallies.

Prints `ok NAME`, `FAIL NAME: why` or `skip NAME: why`, and ends with the
line `N passed, N failed`.
"""
import sys
import time
import traceback

CASES = []


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
    passed = failed = 0
    for fn in CASES:
        if pattern not in fn.__name__:
            continue
        t0 = time.monotonic()
        try:
            fn(*args)
            passed += 1
            print("ok %s (%.1f s)" % (fn.__name__, time.monotonic() - t0), flush=True)
        except Skip as e:
            print("skip %s: %s" % (fn.__name__, e), flush=True)
        except Exception as e:  # every failure of a case is a result, not an end
            failed += 1
            print("FAIL %s: %s" % (fn.__name__, e), flush=True)
            traceback.print_exc()
    print("%d passed, %d failed" % (passed, failed), flush=True)
    return 1 if failed else 0
