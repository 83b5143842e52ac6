#!/usr/bin/env python3
"""Prints the few lines of table T4 that answer the demo's question: demo_summary.py RUN/reduce/tables/T4.csv"""
import csv
import sys

SIGNALS = (("s_sc", "agreement of ten sampled answers"), ("p_tok", "probability of the first token"),
           ("h_s", "entropy of the attention map"))


def interval(row):
    """"0.81 [0.76, 0.85]", or the reason why there is no number."""
    if not row["estimate"]:
        return f"undefined ({row['note'] or 'see the table'})"
    return f"{float(row['estimate']):.2f} [{float(row['low']):.2f}, {float(row['high']):.2f}]"


def main(path):
    with open(path, newline="", encoding="utf-8") as f:
        rows = list(csv.DictReader(f))
    accuracy = [r for r in rows if r["statistic"] == "accuracy"]
    print("accuracy with 95 % interval")
    for row in accuracy:
        print(f"  {row['model']:<12} {row['benchmark']:<16} n {row['n']:>5}   {interval(row)}")
    print("does a signal tell right answers from wrong ones? (AUROC in its declared direction, all sets; 0.5 = no)")
    for name, meaning in SIGNALS:
        for row in rows:
            if (row["signal"], row["statistic"], row["benchmark"]) == (name, "auroc", "pooled"):
                print(f"  {row['model']:<12} {name:<6} {interval(row)}   {meaning}")


if __name__ == "__main__":
    main(sys.argv[1])
