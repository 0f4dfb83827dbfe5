#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sums the reports of ctest and Surefire into one line; exits with 1 when a test failed, or none of a kind or platform ran.

    .build/test_summary.py [--module MODULE] [--platforms] [STEP...]

--module     only the reports of this Java module; otherwise all there are
--platforms  only the reports of other platforms
STEP         a step of the build that failed; each counts as a failure
"""

import argparse
import fnmatch
import glob
import os
import sys
import xml.etree.ElementTree as ElementTree


PLATFORM_REPORTS = "build/platforms/*/*.xml"
WHOLE_PLATFORM = "all tests"  # the name of the test that platforms.sh reports as skipped


def find_reports(module, platforms):
    """The files of each kind of tests that should have run: those of each platform are a kind."""
    by_platform = {}
    for report in sorted(glob.glob(PLATFORM_REPORTS)):
        by_platform.setdefault(platform_of(report), []).append(report)
    if platforms:
        return by_platform or {"platform's": []}
    java = {"Java": sorted(glob.glob(f"java/{module or '**'}/target/surefire-reports/TEST-*.xml", recursive=True))}
    return java if module else {"native": glob.glob("build/ctest.xml")} | by_platform | java


def platform_of(report):
    """The name of the platform whose report it is; empty for this one."""
    return os.path.basename(os.path.dirname(report)) if fnmatch.fnmatch(report, PLATFORM_REPORTS) else ""


def first_line(text):
    """The first line of a message that says anything."""
    return next((line.strip() for line in (text or "").splitlines() if line.strip()), "no reason given")


def skip_reason(case, skipped):
    """JUnit has it in the element; ctest has only a return code there, so its tests print a line "skipped: REASON"."""
    for line in (case.findtext("system-out") or "").splitlines():
        if line.lower().startswith("skipped"):
            return line.partition(":")[2].strip()
    return first_line(skipped.get("message") or skipped.text).rpartition("Assumption failed: ")[2]


def explanation(case, problem):
    """The lines that say most about a failure: of ctest the end of the output, of JUnit the head of the stack trace."""
    output = case.findtext("system-out")
    lines = problem.text.splitlines()[:8] if problem.text else (output or "").splitlines()[-20:]
    return "".join(f"\n    {line}" for line in lines)


def read(report, passed, failures, skips):
    try:
        cases = ElementTree.parse(report).iter("testcase")
    except ElementTree.ParseError as error:  # its writer was killed
        failures.append(f"{report} is no whole report: {error}")
        return
    platform = platform_of(report)
    for case in cases:
        owner = case.get("classname")
        name = case.get("name") if owner in (None, case.get("name")) else f"{owner}.{case.get('name')}"
        name = f"{platform}/{name}" if platform else name
        problem = next((child for child in case if child.tag in ("failure", "error")), None)
        skipped = case.find("skipped")
        if problem is not None:
            failures.append(name + explanation(case, problem))
        elif skipped is not None:
            skips.append(f"{name}: {skip_reason(case, skipped)}")
        else:
            passed.append(name)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--module")
    parser.add_argument("--platforms", action="store_true")
    parser.add_argument("failed_steps", nargs="*")
    arguments = parser.parse_args()
    passed, failures, skips = [], [f"the step {step}" for step in arguments.failed_steps], []
    for kind, reports in find_reports(arguments.module, arguments.platforms).items():
        before, skipped_before = len(passed) + len(failures), len(skips)
        for report in reports:
            read(report, passed, failures, skips)
        # A platform that this machine can't test is skipped as a whole, by one reason.
        is_left_out = any(skip.startswith(f"{kind}/{WHOLE_PLATFORM}: ") for skip in skips[skipped_before:])
        if len(passed) + len(failures) == before and not is_left_out:
            failures.append(f"no {kind} test ran")

    for skip in skips:
        print(f"skipped  {skip}")
    for failure in failures:
        print(f"FAILED   {failure}")
    print(f"{len(passed)} passed, {len(failures)} failed" + (f", {len(skips)} skipped" if skips else ""))
    return 1 if failures or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
