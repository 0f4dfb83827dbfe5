# SPDX-License-Identifier: Apache-2.0
"""build.sh test must not call a failure a success: its last line and its status, for reports of every kind."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

SUMMARY = pathlib.Path(__file__).resolve().parent.parent / "test_summary.py"

CTEST_PASSED = '<testcase name="kernels" classname="kernels" status="run"><system-out/></testcase>'
CTEST_FAILED = (
    '<testcase name="bits" classname="bits" status="fail"><failure message=""/>'
    "<system-out>bit 7 differs</system-out></testcase>"
)
CTEST_SKIPPED = (
    '<testcase name="avx" classname="avx" status="notrun"><skipped message="SKIP_RETURN_CODE=77"/>'
    "<system-out>skipped: this processor has no AVX-512\n</system-out></testcase>"
)
JAVA_PASSED = '<testcase name="mean" classname="io.Loss" time="0.1"/>'
JAVA_FAILED = '<testcase name="sum" classname="io.Loss"><error message="boom">java.lang.Error: boom</error></testcase>'
JAVA_SKIPPED = '<testcase name="mnist" classname="io.Loss"><skipped message="no MNIST here"/></testcase>'

PLATFORM_SKIPPED = '<testcase name="all tests"><skipped message="there is no wine"/></testcase>'


def summary(ctest, java, *arguments, module="a", platform=None):
    """The lines and the status for these reports; None: there is no such report."""
    with tempfile.TemporaryDirectory() as folder:
        for path, cases in (
            ("build/ctest.xml", ctest),
            (f"java/{module}/target/surefire-reports/TEST-a.xml", java),
            ("build/platforms/linux-aarch64/ctest.xml", platform),
        ):
            if cases is not None:
                file = pathlib.Path(folder, path)
                file.parent.mkdir(parents=True)
                file.write_text(f"<testsuite>{cases}</testsuite>", encoding="utf-8")
        done = subprocess.run(
            [sys.executable, SUMMARY, *arguments], cwd=folder, capture_output=True, text=True, check=False
        )
        return done.stdout.splitlines(), done.returncode


class SummaryTest(unittest.TestCase):
    def test_success(self):
        self.assertEqual((["2 passed, 0 failed"], 0), summary(CTEST_PASSED, JAVA_PASSED))

    def test_skips_are_named_with_their_reason(self):
        lines, status = summary(CTEST_PASSED + CTEST_SKIPPED, JAVA_PASSED + JAVA_SKIPPED)
        self.assertEqual(0, status)
        self.assertEqual("2 passed, 0 failed, 2 skipped", lines[-1])
        self.assertIn("skipped  avx: this processor has no AVX-512", lines)
        self.assertIn("skipped  io.Loss.mnist: no MNIST here", lines)

    def test_failures_of_both_kinds(self):
        lines, status = summary(CTEST_PASSED + CTEST_FAILED, JAVA_PASSED + JAVA_FAILED)
        self.assertEqual(1, status)
        self.assertEqual("2 passed, 2 failed", lines[-1])
        self.assertIn("    bit 7 differs", lines)

    def test_a_group_without_tests_is_a_failure(self):
        for ctest, java in ((None, JAVA_PASSED), ("", JAVA_PASSED), (CTEST_PASSED, None), (CTEST_PASSED, "")):
            lines, status = summary(ctest, java)
            self.assertEqual((1, "1 passed, 1 failed"), (status, lines[-1]))

    def test_a_group_of_skips_alone_is_a_failure(self):
        for ctest, java in ((CTEST_SKIPPED, JAVA_PASSED), (CTEST_PASSED, JAVA_SKIPPED)):
            lines, status = summary(ctest, java)
            self.assertEqual((1, "1 passed, 1 failed, 1 skipped"), (status, lines[-1]))

    def test_a_platform_on_which_nothing_ran_is_a_failure(self):
        for arguments, ctest, java, passed in (((), CTEST_PASSED, JAVA_PASSED, 2), (("--platforms",), None, None, 0)):
            for platform, end in (("", ""), (CTEST_SKIPPED, ", 1 skipped")):
                lines, status = summary(ctest, java, *arguments, platform=platform)
                self.assertEqual((1, f"{passed} passed, 1 failed{end}"), (status, lines[-1]))
                self.assertIn("FAILED   no linux-aarch64 test ran", lines)

    def test_a_platform_that_cannot_be_tested_is_skipped(self):
        lines, status = summary(CTEST_PASSED, JAVA_PASSED, platform=PLATFORM_SKIPPED)
        self.assertEqual((0, "2 passed, 0 failed, 1 skipped"), (status, lines[-1]))
        self.assertIn("skipped  linux-aarch64/all tests: there is no wine", lines)

    def test_half_a_report_is_a_failure(self):
        lines, status = summary(CTEST_PASSED + "<testcase", JAVA_PASSED)
        self.assertEqual((1, "1 passed, 1 failed"), (status, lines[-1]))

    def test_a_module_within_a_folder_counts(self):
        lines, status = summary(CTEST_PASSED, JAVA_PASSED, module="examples/a")
        self.assertEqual((["2 passed, 0 failed"], 0), (lines, status))

    def test_platforms_are_named(self):
        lines, status = summary(CTEST_PASSED, JAVA_PASSED, platform=CTEST_PASSED + CTEST_SKIPPED + CTEST_FAILED)
        self.assertEqual((1, "3 passed, 1 failed, 1 skipped"), (status, lines[-1]))
        self.assertIn("skipped  linux-aarch64/avx: this processor has no AVX-512", lines)
        self.assertIn("FAILED   linux-aarch64/bits", lines)

    def test_platforms_alone(self):
        for platform, last in ((CTEST_PASSED, "1 passed, 0 failed"), (None, "0 passed, 1 failed")):
            self.assertEqual(last, summary(None, None, "--platforms", platform=platform)[0][-1])

    def test_a_failed_step_is_a_failure(self):
        lines, status = summary(CTEST_PASSED, JAVA_PASSED, "java-tests")
        self.assertEqual((1, "2 passed, 1 failed"), (status, lines[-1]))


if __name__ == "__main__":
    unittest.main()
