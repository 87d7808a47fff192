#!/usr/bin/env python3
"""Every rule of check.py finds a planted offender and lets its lawful neighbour pass."""
import pathlib
import tempfile
import unittest

import check


def names(found):
    return [(f.path, f.line) for f in found]


class layer_rules(unittest.TestCase):
    def tree(self, path, target):
        return {path: f'#include "{target}"\n', target: "#pragma once\n"}

    def test_upward_include_is_found(self):
        for path, target in [("engine/base/a.cpp", "engine/io/b.hpp"), ("engine/metrics/a.cpp", "engine/http/b.hpp"),
                             ("sigv4/a.cpp", "engine/http/b.hpp"), ("aws/sqs/a.cpp", "aws/sagemaker/b.hpp"),
                             ("aws/local/a.cpp", "aws/sqs/b.hpp"), ("scheduler/policy/a.cpp", "engine/io/b.hpp"),
                             ("scheduler/policy/a.hpp", "scheduler/lifecycle/b.hpp"),
                             ("scheduler/lifecycle/a.hpp", "scheduler/policy/b.hpp"),
                             ("scheduler/dispatcher/a.cpp", "aws/local/b.hpp"),
                             ("engine/base/a.cpp", "tests/support/b.hpp")]:
            with self.subTest(path=path, target=target):
                self.assertIn((path, 1), names(check.layers(self.tree(path, target))))

    def test_downward_include_passes(self):
        for path, target in [("engine/http/a.cpp", "engine/io/b.hpp"), ("aws/sqs/a.cpp", "aws/transport/b.hpp"),
                             ("scheduler/cli/a.cpp", "aws/local/b.hpp"), ("tests/x/a.cpp", "scheduler/cli/b.hpp"),
                             ("sigv4/a.cpp", "sigv4/b.hpp")]:
            with self.subTest(path=path, target=target):
                self.assertEqual([], [f for f in check.layers(self.tree(path, target)) if f.path == path])

    def test_unknown_folder_and_missing_file_are_found(self):
        self.assertEqual([("engine/new/a.cpp", 0)], names(check.layers({"engine/new/a.cpp": "int x;\n"})))
        self.assertEqual([("sigv4/a.cpp", 1)], names(check.layers({"sigv4/a.cpp": '#include "b.hpp"\n'})))

    def test_table_has_no_cycle(self):
        self.assertEqual([], check.layer_table_cycles(check.LAYERS))
        self.assertEqual(["a", "b"], check.layer_table_cycles({"a": ["b"], "b": ["a"], "c": ["a"]}))


class banned(unittest.TestCase):
    def test_each_call_is_found(self):
        for code in ["auto t = std::chrono::system_clock::now();", "gettimeofday(&tv, nullptr);", "x = time(nullptr);",
                     "std::time(0);", "clock_gettime(CLOCK_REALTIME, &t);", "int r = rand();", "std::random_device d;",
                     "std::mt19937_64 g;", "co_spawn(io, f(), boost::asio::detached);", "sleep(1);", "usleep(5);",
                     "std::this_thread::sleep_for(1s);", 'getenv("HOME");', 'std::getenv("X");', 'std::printf("x");',
                     'std::cout << "x";', "std::cerr << 1;", "auto* p = new char[10];"]:
            with self.subTest(code=code):
                found = check.banned_calls({"scheduler/dispatcher/a.cpp": "\n" + code + "\n"})
                self.assertEqual([("scheduler/dispatcher/a.cpp", 2)], names(found)[:1])

    def test_sleep_is_banned_in_tests(self):
        self.assertTrue(check.banned_calls({"tests/x/a.cpp": "std::this_thread::sleep_for(1s);\n"}))

    def test_allowed_places_and_lookalikes_pass(self):
        for path, code in [("engine/io/real_clock.cpp", "std::chrono::steady_clock::now();"),
                           ("engine/base/rng.cpp", "std::random_device d;"),
                           ("engine/io/task_group.cpp", "boost::asio::detached"),
                           ("scheduler/cli/a.cpp", "std::cout << 1;"), ("tests/x/a.cpp", "std::cout << 1;"),
                           ("sigv4/a.cpp", "// time(nullptr) would be wrong here"),
                           ("sigv4/a.cpp", 'auto s = "std::cout";'), ("sigv4/a.cpp", 'auto s = R"(rand())";'),
                           ("sigv4/a.cpp", "clock.time(); brand(); when_time(0); snprintf(b, n, f);"),
                           ("sigv4/a.cpp", "/* getenv(\n) */ int x;")]:
            with self.subTest(path=path, code=code):
                self.assertEqual([], check.banned_calls({path: code + "\n"}))

    def test_line_numbers_survive_comments_and_raw_strings(self):
        code = '/* a\nb */\nauto s = R"x(\n)x";\nint r = rand();\n'
        self.assertEqual([("sigv4/a.cpp", 5)], names(check.banned_calls({"sigv4/a.cpp": code})))

    def test_digit_separators_do_not_hide_code(self):
        code = "int a = 1'000; rand(); int b = 2'000;\n"
        self.assertTrue(check.banned_calls({"sigv4/a.cpp": code}))


class headers(unittest.TestCase):
    USER = {"aws/sqs/user.cpp": '#include "engine/io/a.hpp"\n'}

    def test_heavy_include(self):
        for target in ["boost/asio.hpp", "boost/beast/http.hpp", "rapidjson/document.h", "sqlite3.h",
                       "yaml-cpp/yaml.h", "prometheus/registry.h"]:
            with self.subTest(target=target):
                text = f"#include <{target}>\n"
                self.assertEqual([("engine/io/a.hpp", 1)], names(check.heavy_headers({"engine/io/a.hpp": text, **self.USER})))
                self.assertEqual([], check.heavy_headers({"engine/io/a.cpp": text, **self.USER}))

    def test_private_header_and_light_include_pass(self):
        private = {"engine/io/a.hpp": "#include <sqlite3.h>\n", "engine/io/a.cpp": '#include "engine/io/a.hpp"\n',
                   "tests/engine/io/a.cpp": '#include "engine/io/a.hpp"\n'}
        self.assertEqual([], check.heavy_headers(private))
        self.assertEqual([], check.heavy_headers({"engine/io/a.hpp": "#include <boost/asio/awaitable.hpp>\n", **self.USER}))

    def test_form(self):
        self.assertEqual([("a.hpp", 0)], names(check.header_form({"a.hpp": "int x;\n"})))
        self.assertEqual([("a.hpp", 2)], names(check.header_form({"a.hpp": "#pragma once\nusing namespace std;\n"})))
        self.assertEqual([], check.header_form({"a.cpp": "using namespace std;\n", "b.hpp": "#pragma once\n"}))

    def test_unordered(self):
        bad = "std::unordered_map<int, int> m;\n"
        self.assertEqual([("scheduler/policy/a.cpp", 1)],
                         names(check.unordered_in_pure_core({"scheduler/policy/a.cpp": bad})))
        self.assertEqual([], check.unordered_in_pure_core({
            "scheduler/policy/a.cpp": "std::unordered_map<int, int> m;  // order-free: looked up only\n",
            "aws/local/a.cpp": bad}))


class text(unittest.TestCase):
    def test_open_ends_and_machine_paths(self):
        for line in ["// TO" + "DO later", "# FIX" + "ME", "see /wo" + "rk/shared", "cd /ro" + "ot", "x ", "/fa" + "rm"]:
            with self.subTest(line=line):
                self.assertEqual([("a.md", 1)], names(check.texts({"a.md": line + "\n"})))
        self.assertEqual([], check.texts({"a.md": "frame/wo" "rk/here and /tmp/fooXXXXXX, ${root}/x\n"}))
        self.assertEqual([("a.md", 0)], names(check.texts({"a.md": "x"})))

    def test_sizes(self):
        self.assertTrue(check.sizes({"a.cpp": "x;\n" * (check.LINES_MAX + 1)}))
        self.assertTrue(check.sizes({"a.cpp": "x" * (check.COLUMNS_MAX + 1) + "\n"}))
        self.assertEqual([], check.sizes({"a.cpp": "x;\n" * check.LINES_MAX, "b.md": "x" * 500,
                                          "c.cpp": 'f(R"(' + "x" * 500 + ')");\n'}))


class dead_files(unittest.TestCase):
    def test_top_level(self):
        self.assertEqual([("notes.txt", 0)], names(check.top_level({"notes.txt": "", "engine/a.hpp": "", ".ci/run": ""})))

    def test_header_that_nobody_includes(self):
        tree = {"sigv4/a.hpp": '#include "sigv4/a.hpp"\n', "sigv4/b.hpp": "", "sigv4/b.cpp": '#include "sigv4/b.hpp"\n'}
        self.assertEqual([("sigv4/a.hpp", 0)], names(check.unused_headers(tree)))

    def test_header_beside_its_includer_is_used(self):
        self.assertEqual([], check.unused_headers({"tests/x/a.hpp": "", "tests/x/a.cpp": '#include "a.hpp"\n'}))

    def test_source_that_nobody_compiles(self):
        tree = {"sigv4/a.cpp": "", "sigv4/b.cpp": "", "bench/c.cpp": "", "bench/d.cpp": "", "bench/CMakeLists.txt": "c.cpp"}
        self.assertEqual(["bench/d.cpp", "sigv4/b.cpp"],
                         [f.path for f in check.unbuilt_sources(tree, {"sigv4/a.cpp"})])
        self.assertEqual(["bench/d.cpp"], [f.path for f in check.unbuilt_sources(tree, None)])

    def test_sources_that_are_compiled_together(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            unit = root / ".build/Unity/unity_0_cxx.cxx"
            unit.parent.mkdir(parents=True)
            unit.write_text(f'/* generated */\n#include "{root}/tests/a.cpp"\n#include "{root}/tests/b.cpp"\n')
            command = {"directory": folder, "file": str(unit)}
            self.assertEqual(["tests/a.cpp", "tests/b.cpp"], check.compiled_sources(root, command))
            self.assertEqual(["sigv4/c.cpp"], check.compiled_sources(root, {**command, "file": "sigv4/c.cpp"}))

    def test_script_that_nobody_names(self):
        tree = {"tests/a.py": "import lib_b\n", "tests/lib_b.py": "", "ops/go": "", "ops/stop": "", "ops/README.md": "`go`\n"}
        self.assertEqual(["ops/stop", "tests/a.py"], [f.path for f in check.unnamed_scripts(tree)])


class documents(unittest.TestCase):
    def test_titles(self):
        for bad in ["no title\n", "# one\n# two\n", "x\n# late\n"]:
            with self.subTest(bad=bad):
                self.assertTrue(check.markdown({"a.md": bad}))
        self.assertEqual([], check.markdown({"a.md": "# one\n```sh\n# comment\n```\n    # indented code\n"}))

    def test_links(self):
        self.assertEqual([("ops/a.md", 2)], names(check.markdown({"ops/a.md": "# t\n[x](gone.md)\n"})))
        good = "# t\n[a](../README.md#part) [b](https://example.org/x) [c](#here) [d](../aws)\n"
        self.assertEqual([], check.markdown({"ops/a.md": good, "README.md": "# r\n", "aws/sqs/x.hpp": ""}))

    def test_readme_of_a_larger_folder(self):
        tree = {f"sigv4/{i}.cpp": "" for i in range(check.SOURCE_FILES_WITHOUT_README + 1)}
        self.assertEqual([("sigv4", 0)], names(check.readmes(tree)))
        self.assertEqual([], check.readmes({**tree, "sigv4/README.md": ""}))
        tree = {f"aws/sqs/{i}.cpp": "" for i in range(check.SOURCE_FILES_WITHOUT_README + 1)}
        self.assertEqual([("aws/sqs", 0)], names(check.readmes({**tree, "aws/README.md": "`sts/`"})))
        self.assertEqual([], check.readmes({**tree, "aws/README.md": "`sqs/` speaks to queues"}))


if __name__ == "__main__":
    unittest.main()
