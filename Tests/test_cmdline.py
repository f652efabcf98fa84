"""The command line, the environment, and how a run ends."""
import os
import tempfile
import unittest

from support import run_python


class OptionTests(unittest.TestCase):
    def test_version(self):
        self.assertEqual(run_python("--version").stdout, "Python 3.11.2\n")

    def test_unknown_option_is_a_usage_error(self):
        result = run_python("-Z")
        self.assertEqual(result.returncode, 2)
        self.assertTrue(result.stderr.startswith("Unknown option: -Z\n"))

    def test_argument_is_required(self):
        for option in "-c", "-m", "-W", "-X":
            result = run_python(option)
            self.assertEqual(result.returncode, 2)
            self.assertTrue(result.stderr.startswith(
                f"Argument expected for the {option} option\n"), result.stderr)

    def test_letters_can_share_a_word(self):
        result = run_python("-IOSc", "import sys; f = sys.flags;"
                            " print(f.isolated, f.optimize, f.no_site)")
        self.assertEqual(result.stdout, "1 1 1\n")

    def test_words_behind_the_program_are_its_own(self):
        result = run_python("-c", "import sys; print(sys.argv)", "-O", "--x")
        self.assertEqual(result.stdout, "['-c', '-O', '--x']\n")

    def test_bad_hash_seed_is_fatal(self):
        result = run_python("-c", "pass", env={"PYTHONHASHSEED": "x"})
        self.assertEqual(result.returncode, 1)
        self.assertIn("PYTHONHASHSEED must be", result.stderr)

    def test_hash_seed_fixes_hashes(self):
        runs = {run_python("-c", "print(hash('text'))",
                           env={"PYTHONHASHSEED": "7"}).stdout
                for _ in range(3)}
        self.assertEqual(len(runs), 1)

    def test_environment_is_ignored_on_request(self):
        for arguments, expected in ((), "True\n"), (("-E",), "False\n"):
            result = run_python(*arguments, "-c",
                                "import sys; print('/there' in sys.path)",
                                env={"PYTHONPATH": "/there"})
            self.assertEqual(result.stdout, expected)


class ProgramTests(unittest.TestCase):
    def test_missing_script(self):
        result = run_python("/nonexistent.py")
        self.assertEqual(result.returncode, 2)
        self.assertIn("can't open file '/nonexistent.py': [Errno 2] No such "
                      "file or directory", result.stderr)

    def test_script_directory_is_first_on_the_path(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "helper.py"), "w") as file:
                file.write("value = 42\n")
            script = os.path.join(folder, "script.py")
            with open(script, "w") as file:
                file.write("import helper; print(helper.value)\n")
            self.assertEqual(run_python(script).stdout, "42\n")

    def test_directory_with_main_runs(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "__main__.py"), "w") as file:
                file.write("print(__name__)\n")
            self.assertEqual(run_python(folder).stdout, "__main__\n")

    def test_program_on_standard_input(self):
        result = run_python("-", stdin="print(__name__)\n")
        self.assertEqual(result.stdout, "__main__\n")

    def test_exit_status(self):
        for status, expected in ("3", 3), ("None", 0), ("'text'", 1):
            result = run_python("-c", f"raise SystemExit({status})")
            self.assertEqual(result.returncode, expected)

    def test_uncaught_exception_is_status_one(self):
        result = run_python("-c", "1 / 0")
        self.assertEqual(result.returncode, 1)
        self.assertTrue(result.stderr.endswith(
            "ZeroDivisionError: division by zero\n"))

    def test_failed_flush_is_status_120(self):
        result = run_python("-c", "import sys; sys.stdout.write('x');"
                            " import os; os.close(1)")
        self.assertEqual(result.returncode, 120)

    def test_prompt_session(self):
        result = run_python("-i", "-q", stdin="1 + 1\nx = 3\nx\n")
        self.assertEqual(result.stdout, "2\n3\n")


if __name__ == "__main__":
    unittest.main()
