"""Part (d): the bootstrap and `vrp stats` beside scipy."""
import bootstrap_side
import stats_side
import target


def measure(told):
    print("bench (d): bootstrap of AUROC and R over groups, and scipy's", flush=True)
    rows, resamples = (500, 2000) if told.quick else (2000, 10_000)
    return {"bootstrap": bootstrap_side.measure(told.folder("bootstrap"), told.quick),
            "stats": stats_side.measure(told.folder("stats"), rows, resamples)}


def show(found):
    s = found["stats"]  # the bootstrap prints as it goes
    print(f"\nAUROC with BCa interval, {s['rows']} rows, {s['resamples']} resamples, whole process:")
    for way in s["ways"]:
        estimate, low, high = way["interval"]
        print(f"  {way['who']:<32}{way['seconds']:>8.2f} s   {estimate:.4f} [{low:.4f}, {high:.4f}]")


def targets(found):
    beside = found["bootstrap"]["beside_scipy"]
    yield target.at_most(f"bootstrap, {beside['signals']} signals x {beside['rows']} items x {beside['resamples']}, one thread",
                         beside["seconds"], bootstrap_side.TARGET_S, "s")
    for s in beside["scipy"]:
        yield target.at_least(f"bootstrap beside scipy's ({s['way']})", s["ratio"], bootstrap_side.TARGET_RATIO)
