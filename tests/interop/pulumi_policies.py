#!/usr/bin/env python3
"""The documents of ops/policies judged by iam-simulate, with AWS's own lists of actions, resources and condition keys.

    tests/interop/pulumi_policies.py [WORD...]    only cases whose description has the words
"""
import json
import subprocess
import sys

import harness as h
import tally as t
from provisioning import cases

SECONDS_MAX = 90


def judged(wanted):
    home = h.FOREIGN / "js-policies"
    # Node resolves packages from the folder of the program.
    (home / "simulate.mjs").write_text((h.HERE / "provisioning" / "simulate.mjs").read_text())
    file = h.folder() / "cases.json"
    file.write_text(json.dumps(wanted))
    done = subprocess.run(["node", home / "simulate.mjs", file], stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=home,
                          timeout=SECONDS_MAX)
    h.expect_equal(done.returncode, 0, f"exit code of the simulator ({done.stderr[-2000:]})")
    verdicts = json.loads(done.stdout)
    h.expect_equal(len(verdicts), len(wanted), "verdicts")
    return verdicts


def main():
    asked = [c for c in cases.all_cases().cases if all(word in c["what"] for word in sys.argv[1:])]
    wrong = []
    for case, verdict in zip(asked, judged(asked)):
        if "error" in verdict:
            wrong.append(f"{case['what']}: cannot be judged: {verdict['error']}")
        elif verdict["result"] != case["wanted"]:
            wrong.append(f"{case['what']}: {verdict['result']}, expected {case['wanted']}")
        elif verdict["ignored"]:
            # The condition would not be in a real request of this action either, so the case shows nothing.
            wrong.append(f"{case['what']}: no such condition keys here: {verdict['ignored']}")
        t.count += 1
    print("\n".join(wrong))
    h.expect(not wrong, f"{len(wrong)} of {len(asked)} cases")
    h.expect({c["wanted"] for c in asked} == {cases.ALLOW, cases.DENY, cases.NOTHING} or sys.argv[1:], "each verdict is wanted somewhere")
    print(f"{t.count} assertions")


if __name__ == "__main__":
    h.main(main)
