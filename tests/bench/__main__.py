"""The figures that were promised: `python -m tests.bench`. Some minutes on an idle machine.

Ratios against a reference in the same run, medians: these say something on a noisy machine too.
"""

from __future__ import annotations

import gc
import sys

from tests.bench import outages, parts, polls, slopes, status, years


def main() -> int:
    """Print each figure beside its limit; 1 when one is over."""
    gc.disable()  # as a poll does
    lines: list[tuple[str, float, float, str]] = []
    lines.append(("a page of 256 ONUs read", parts.page_ms(), 3.0, "ms"))
    first, updated, loaded = parts.store_ms()
    lines.append(("25,600 rows stored for the first time", first, 200.0, "ms"))
    lines.append(("25,600 measurements updated", updated, 200.0, "ms"))
    lines.append(("25,600 rows loaded", loaded, 200.0, "ms"))
    above = status.cpu_above_pass_s()
    lines.append(("`status` on 25,600 ONUs, CPU above `pass`", above, 0.25, "s"))
    small = polls.measure(100, 64)
    lines.append(("100 OLTs x 64, poll / curl --parallel", small.ratio, 2.2, "x"))
    lines.append(("    curl", small.curl_s, 9.9, "s"))
    lines.append(("    poll", small.poll_s, 9.9, "s"))
    large = polls.measure(100, 256)
    lines.append(("100 OLTs x 256, poll / curl --parallel", large.ratio, 4.0, "x"))
    lines.append(("    curl", large.curl_s, 9.9, "s"))
    lines.append(("    poll", large.poll_s, 9.9, "s"))
    huge = polls.measure(500, 256, runs=3)
    lines.append(("500 OLTs x 256, poll", huge.poll_s, 5.0, "s"))
    lines.append(("500 OLTs x 256, peak of memory", huge.most_mb, 350.0, "MB"))
    score = outages.measure()
    lines.append(("1,000 outages, given a wrong cause", 1 - score.right_share, 0.03, "of 1"))
    lines.append(("    wrong where it says high", 1 - score.high_precision, 0.03, "of 1"))
    lines.append(("    messages per incident", score.messages_each, 2.2, ""))
    lines.append(("storms, messages / per-ONU alerter's", outages.storm_share(), 0.01, "x"))
    two = years.measure()
    lines.append(("two years of 1,000 ONUs, the file", two.most_mb, two.bound_mb, "MB"))
    lines.append(("    the longest cleaning of one poll", two.longest_s, 1.0, "s"))
    lines.append(("    and after half a year's pause", two.longest_after_pause_s, 1.0, "s"))
    lines.append(("    `onu` of one of them, CPU above `pass`", two.onu_cpu_s, 0.4, "s"))
    falls = slopes.measure()
    lines.append(("falling signals, error of the day, 99 of 100", falls.high_error, 0.2, "of 1"))
    lines.append(("    half of them", falls.median_error, 0.1, "of 1"))
    lines.append(("    not told a day", 1 - falls.told_share, 0.3, "of 1"))
    lines.append(("    false alarms in pure noise", falls.false_share, 0.001, "of 1"))
    lines.append(("    and in one step", falls.step_share, 0.001, "of 1"))
    lines.append(("    1,000 signals", falls.seconds_per_1000, 0.5, "s"))
    for name, value, limit, unit in lines:
        sign = "ok  " if value <= limit else "OVER"
        sys.stdout.write(f"{sign} {name:45} {value:8.3f} {unit:4} (limit {limit:g})\n")
    return int(any(value > limit for _, value, limit, _ in lines))


if __name__ == "__main__":
    sys.exit(main())
