#!/usr/bin/env python3
"""`trainyard simulate` as its user meets it: exit codes, messages, columns, the shape of its JSON, the report file.

    simulate.py TRAINYARD

Needs Python's standard library alone.
"""
import gzip
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

PROGRAM = ""
SECONDS_MAX = 60
SWF = "; MaxProcs: 10\n" + "".join(
    f"{i} {i} -1 {10 + i % 3} 1 -1 -1 {1 + i % 4} 60 -1 1 {i % 3} 1 -1 {i % 2} -1 -1 -1\n" for i in range(1, 41))
CSV = "who,when,length,size\n" + "".join(f"t{i % 2},{i},{5 + i % 7},{1 + i % 3}\n" for i in range(30))


class Simulate(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="trainyard-simulate-"))
        self.addCleanup(shutil.rmtree, self.folder, True)

    def file(self, name, text):
        path = self.folder / name
        if name.endswith(".gz"):
            path.write_bytes(gzip.compress(text.encode()))
        else:
            path.write_text(text)
        return name

    def run_it(self, *arguments, stdin=""):
        return subprocess.run([PROGRAM, "simulate", *arguments], cwd=self.folder, input=stdin, capture_output=True,
                              text=True, timeout=SECONDS_MAX)

    def good(self, *arguments, stdin=""):
        done = self.run_it(*arguments, stdin=stdin)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def refused(self, *arguments, says, stdin=""):
        done = self.run_it(*arguments, stdin=stdin)
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertIn(says, done.stderr)

    def lines(self, *arguments, stdin=""):
        return [json.loads(x) for x in self.good(*arguments, "--json", stdin=stdin).splitlines()]

    def test_a_table_names_the_policies_and_the_figures(self):
        out = self.good("--workload", self.file("log.swf", SWF), "--units", "10", "--policy", "fcfs", "--policy", "easy")
        self.assertRegex(out, r"^ +fcfs +easy\n")
        for row in ("jobs finished", "makespan", "utilisation", "wait mean", "wait p95", "completion mean",
                    "bounded slowdown mean", "share error mean"):
            self.assertRegex(out, rf"(?m)^{row}  ")
        self.assertRegex(out, r"(?m)^tenant +jobs +fcfs mean wait")
        self.assertRegex(out, r"(?m)^user-1 +14 ")
        self.assertRegex(out, r"(?m)^class +jobs +fcfs mean wait")

    def test_json_is_a_line_for_each_job_and_a_summary_for_each_policy(self):
        lines = self.lines("-w", self.file("log.swf.gz", SWF), "--units", "10")
        self.assertEqual(len(lines), 41)
        self.assertEqual(sorted(x["job"] for x in lines[:-1]), sorted(str(i) for i in range(1, 41)))
        for x in lines[:-1]:
            self.assertEqual(set(x), {"job", "tenant", "pool", "units", "submit", "start", "end", "attempts"})
            i = int(x["job"])
            self.assertEqual((x["submit"], x["units"], x["tenant"], x["pool"], x["attempts"]),
                             (i, 1 + i % 4, f"user-{i % 3}", "pool", 1))
            self.assertEqual(x["end"] - x["start"], 10 + i % 3)
            self.assertGreaterEqual(x["start"], x["submit"])
        self.assertEqual([x["end"] for x in lines[:-1]], sorted(x["end"] for x in lines[:-1]))
        summary = lines[-1]["summary"]
        self.assertEqual((summary["policy"], summary["jobs"], summary["finished"]), ("easy", 40, 40))
        waits = [x["start"] - x["submit"] for x in lines[:-1]]
        self.assertAlmostEqual(summary["wait"]["mean"], sum(waits) / 40)
        self.assertEqual(summary["wait"]["max"], max(waits))
        self.assertEqual(summary["makespan"], max(x["end"] for x in lines[:-1]) - 1)
        self.assertEqual(sum(t["jobs"] for t in summary["tenants"]), 40)
        two = self.lines("-w", "log.swf.gz", "--units", "10", "-p", "fcfs", "-p", "easy")
        self.assertEqual([x["summary"]["policy"] for x in two if "summary" in x], ["fcfs", "easy"])
        self.assertEqual([x["policy"] for x in two if "job" in x], ["fcfs"] * 40 + ["easy"] * 40)

    def test_results_repeat_and_can_be_read_back(self):
        first = self.good("-g", "poisson", "--jobs", "500", "--seed", "3", "--failures", "0.1", "--json")
        self.assertEqual(self.good("-g", "poisson", "--jobs", "500", "--seed", "3", "--failures", "0.1", "--json"), first)
        self.assertNotEqual(self.good("-g", "poisson", "--jobs", "500", "--seed", "4", "--failures", "0.1", "--json"),
                            first)
        plain = self.lines("-g", "poisson", "--jobs", "200")
        again = self.lines("-w", self.file("back.jsonl", "".join(json.dumps(x) + "\n" for x in plain)), "--units", "128",
                           "--estimates", "exact")
        self.assertEqual(len(again), 201)
        self.assertEqual({x["job"]: x["units"] for x in again[:-1]}, {x["job"]: x["units"] for x in plain[:-1]})

    def test_columns_are_mapped(self):
        name = self.file("log.csv", CSV)
        self.refused("-w", name, "--units", "10", says="log.csv:1: no column for submit")
        lines = self.lines("-w", name, "--units", "10", "--columns", "tenant=who,submit=when,run=length,units=size")
        self.assertEqual(len(lines), 31)
        self.assertEqual({x["tenant"] for x in lines[:-1]}, {"t0", "t1"})
        self.refused("-w", name, "--units", "10", "--columns", "submit", says="--columns takes FIELD=COLUMN")
        self.refused("-w", name, "--units", "10", "--columns", "submit=nowhere", says="there is no column 'nowhere'")

    def test_standard_input_needs_a_format(self):
        self.refused("-w", "-", "--units", "10", says="name its format with --format", stdin=SWF)
        self.assertEqual(len(self.lines("-w", "-", "--format", "swf", "--units", "10", stdin=SWF)), 41)

    def test_the_report_is_one_well_formed_file(self):
        self.good("-w", self.file("log.swf", SWF), "--units", "5", "--pools", "2", "-p", "fcfs", "-p", "fair+easy",
                  "--report", "out.html")
        text = (self.folder / "out.html").read_text()
        tree = xml.etree.ElementTree.fromstring(text.removeprefix("<!DOCTYPE html>"))
        self.assertEqual(tree.tag, "html")
        captions = [e.text for e in tree.iter("figcaption")]
        for title in ("Wait", "Bounded slowdown", "Utilisation", "Jobs waiting", "Share error",
                      "Units in use by pool, fcfs", "Mean wait by tenant", "Mean wait by class"):
            self.assertIn(title, captions)
        self.assertTrue(all(any(p.get("d") for p in f.iter("path")) for f in tree.iter("figure")))
        cells = [e.text for e in tree.iter("td")]
        for expected in ("fcfs", "fair+easy", "40 of 40", "log.swf"):
            self.assertIn(expected, cells)
        self.assertNotRegex(text, r"https?://|<script|src=")
        self.assertRegex(text, "digest of fcfs")
        self.assertEqual(self.run_it("-w", "log.swf", "--units", "5", "--report", "no/such/folder.html").returncode, 1)

    def test_a_fleet_file_has_pools_tenants_and_policy(self):
        fleet = self.file("fleet.yaml", """
pools:
  - {name: a, limits: {unit: 4}}
  - {name: b, limits: {unit: 6, other: 1000}, preference: 5}
tenants:
  - {name: user-0, weight: 2, quota: {unit: {nominal: 4, lending_limit: 2}}}
  - {name: user-1, quota: {unit: 3}}
policy: {order: fair, backfill: easy, aging_step_seconds: 0}
""")
        lines = self.lines("-w", self.file("log.swf", SWF), "--fleet", fleet, "--resource", "unit")
        self.assertEqual({x["pool"] for x in lines[:-1]}, {"a", "b"})
        self.assertEqual(lines[-1]["summary"]["policy"], "fleet")
        # A plain number is a ceiling: jobs of 4 units of user-1 can never start.
        self.assertEqual(lines[-1]["summary"]["impossible"], len([i for i in range(1, 41) if i % 3 == 1 and i % 4 == 3]))
        rules = self.file("mine.yaml", "order: fifo\nbackfill: none\n")
        self.assertEqual(self.lines("-w", "log.swf", "--units", "10", "-p", rules)[-1]["summary"]["policy"], "mine")
        same = [x for x in self.lines("-w", "log.swf", "--units", "10", "-p", "fcfs") if "job" in x]
        self.assertEqual(same, [x for x in self.lines("-w", "log.swf", "--units", "10", "-p", rules) if "job" in x])
        self.refused("-w", "log.swf", "--fleet", self.file("two.yaml", "pools: [{name: a, limits: {x: 4, y: 4}}]\n"),
                     says="say with --resource which one the units of log.swf are")
        self.refused("-w", "log.swf", "--fleet", fleet, "--resource", "gpu", says="no pool of the fleet offers 'gpu'")
        self.refused("-w", "log.swf", "--fleet", self.file("bad.yaml", "pools:\n  - {name: a, limit: {unit: 4}}\n"),
                     says="bad.yaml:2:15: pools[0]: unknown key 'limit'")
        self.refused("-w", "log.swf", "--units", "10", "-p", self.file("bad2.yaml", "order: random\n"),
                     says="bad2.yaml:1:8: order: 'random' is not one of fair, priority, fifo, fair_tree")

    def test_a_fleet_of_run_serves_as_well(self):
        fleet = self.file("fleet.yaml", """
installation: test
accounts:
  - {id: "111111111111", regions: [us-east-1, us-west-2], limits: {ml.m5.xlarge: 5}}
tenants: [{name: vision}]
queues: [{name: jobs, region: us-east-1, tenants: [vision]}]
""")
        lines = self.lines("-w", self.file("log.swf", SWF), "--fleet", fleet, "--tenant", "none")
        self.assertEqual({x["pool"] for x in lines[:-1]}, {"111111111111/us-east-1", "111111111111/us-west-2"})

    def test_bad_input_ends_with_exit_code_2_and_a_place(self):
        self.refused("-w", "missing.swf", "--units", "10", says="cannot read missing.swf")
        self.refused("-w", self.file("a.swf", SWF + "41 x\n"), "--units", "10", says="a.swf:42: 'x' is no number")
        self.refused("-w", self.file("a.csv", "submit,run\n1,2,3\n"), "--units", "10",
                     says="a.csv:2: 3 fields where the header has 2")
        self.refused("-w", self.file("a.jsonl", '{"submit":1,"run":1,"units":1}\n{"submit":\n'), "--units", "10",
                     says="a.jsonl:2: ")
        (self.folder / "torn.swf.gz").write_bytes(gzip.compress(SWF.encode())[:-20])
        self.refused("-w", "torn.swf.gz", "--units", "10", says="torn.swf.gz cannot be unpacked: it ends too early")
        self.refused("-w", self.file("empty.swf", ""), "--units", "10", says="empty.swf: holds no job to simulate")
        good = self.file("log.swf", SWF)
        self.refused("-w", good, says="a fleet is needed: --fleet FILE, or --units N")
        self.refused("-w", good, "--units", "0", says="--units")
        self.refused("-w", good, "--units", "10", "--policy", "best", says="'best' is neither a policy nor a file")
        self.refused("-w", good, "--units", "10", "--estimates", "lucky", says="--estimates")
        self.refused("-w", good, "-g", "poisson", "--units", "10", says="[-w,--workload,-g,--generate] is required and 2 were given")
        self.refused("-g", "nonsense", says="there is no generator 'nonsense'; there are poisson")
        self.refused("-w", self.file("p.csv", "submit,run,pool\n1,2,nowhere\n"), "--units", "10",
                     says="the fleet has no pool 'nowhere'")

    def test_what_is_left_out_is_said(self):
        done = self.run_it("-w", self.file("log.swf", SWF + "99 5 -1 -1 1 -1 -1 1 1 -1 0 1 1 -1 1 -1 -1 -1\n"
                                           "98 5 -1 3 1 -1 -1 11 1 -1 0 1 1 -1 1 -1 -1 -1\n"), "--units", "10", "--json")
        self.assertEqual(done.returncode, 0)
        self.assertIn("1 rows were left out; the first: log.swf:42: no run time", done.stderr)
        self.assertRegex(done.stderr, r"easy: 1 jobs can never start; job 98: ")

    def test_two_gzip_members_are_one_file(self):
        head, tail = SWF[:200], SWF[200:]
        (self.folder / "log.swf.gz").write_bytes(gzip.compress(head.encode()) + gzip.compress(tail.encode()))
        self.assertEqual(len(self.lines("-w", "log.swf.gz", "--units", "10")), 41)

    def test_failures_attempts_and_api_rates(self):
        lines = self.lines("-g", "poisson", "--jobs", "300", "--failures", "1", "--attempts", "3", "--checkpoint", "60",
                           "--starts-per-second", "0.05")
        summary = lines[-1]["summary"]
        self.assertGreater(summary["attempts"], 300)
        self.assertGreater(summary["lost_unit_seconds"], 0)
        jobs = lines[:-1]
        self.assertEqual(len(jobs), 300)
        self.assertEqual(max(x["attempts"] for x in jobs), 3)
        self.assertEqual(len([x for x in jobs if x.get("state") == "failed"]), summary["failed"])
        starts = sorted(x["start"] for x in jobs)
        self.assertTrue(all(b - a >= 19.99 for a, b in zip(starts, starts[1:])))

    def test_help_tells_the_generators(self):
        text = self.good("--help")
        for name in ("poisson", "lublin", "philly", "curie", "kueue-baseline", "kueue-large-scale"):
            self.assertRegex(text, rf"(?m)\b{re.escape(name)} ")


if __name__ == "__main__":
    PROGRAM = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main()
