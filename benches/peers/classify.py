#!/usr/bin/env python3
"""The peer of `uitkijk evaluate` and `uitkijk bench --judging`: scikit-learn's TF-IDF with logistic regression and with a
linear SVM, and fastText where it is installed, on the same examples and the same folds, measured in one run with ours.

Thresholds of the peers are chosen as is usual: one per label, where F1 is best on scores that an inner three-fold
cross-fit gives. Average precision needs none. Speed is that of one core, from text to probabilities.

    pip install scikit-learn fasttext-wheel
    python3 benches/peers/classify.py target/release/uitkijk [--corpus models/training]
"""
import argparse, glob, json, os, resource, subprocess, tempfile, time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")
import numpy as np
from scipy.sparse import hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, f1_score
from sklearn.svm import LinearSVC

arguments = argparse.ArgumentParser()
arguments.add_argument("uitkijk")
arguments.add_argument("--corpus", default="models/training")
options = arguments.parse_args()

examples = {}
for file in sorted(glob.glob(options.corpus + "/*.jsonl")):
    for line in open(file, encoding="utf-8"):
        if line.strip():
            example = json.loads(line)
            examples[example["id"]] = example


def ours(*words):
    started = time.time()
    said = subprocess.run([options.uitkijk, *words], capture_output=True, text=True, check=True).stdout
    return json.loads(said), time.time() - started


speed, _ = ours("bench", "--judging", "--json")
report, seconds = ours("evaluate", "--corpus", options.corpus, "--json")
labels = [label["fenomeen"] for label in report["labels"]]
folds = [[examples[name] for name in fold if name in examples] for fold in speed["folds"]]
assert sum(map(len, folds)) == len(examples), "build uitkijk with these examples first"


def text(example):
    return example.get("title", "") + "\n" + example.get("text", "")


def truth(some):
    return np.array([[label in example["labels"] for label in labels] for example in some])


class Linear:
    def __init__(self, make):
        self.make = make

    def fit(self, some):
        self.words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, max_df=0.5, sublinear_tf=True)
        self.grams = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), min_df=2, max_df=0.5, sublinear_tf=True)
        texts, answers = [text(example) for example in some], truth(some)
        rows = hstack([self.words.fit_transform(texts), self.grams.fit_transform(texts)]).tocsr()
        self.models = [self.make().fit(rows, answers[:, place]) for place in range(len(labels))]
        return self

    def scores(self, some):
        texts = [text(example) for example in some]
        rows = hstack([self.words.transform(texts), self.grams.transform(texts)]).tocsr()
        return np.column_stack([model.decision_function(rows) for model in self.models])


class FastText:
    def fit(self, some):
        import fasttext

        with tempfile.NamedTemporaryFile("w", suffix=".txt", delete=False) as file:
            for example in some:
                marks = " ".join("__label__" + label for label in example["labels"] or ["geen"])
                file.write(marks + " " + text(example).lower().replace("\n", " ") + "\n")
        self.model = fasttext.train_supervised(
            file.name, loss="ova", epoch=60, lr=0.5, dim=100, minn=3, maxn=5, wordNgrams=2, bucket=200000, thread=1, verbose=0
        )
        os.unlink(file.name)
        return self

    def scores(self, some):
        rows = np.zeros((len(some), len(labels)))
        for row, example in enumerate(some):
            line = text(example).lower().replace("\n", " ") + "\n"
            for chance, name in self.model.f.predict(line, -1, 0.0, "strict"):
                name = name.removeprefix("__label__")
                if name in labels:
                    rows[row, labels.index(name)] = chance
        return rows


def thresholds(make, some):
    """Per label the threshold with the best F1 on scores of an inner cross-fit."""
    order = np.random.RandomState(1).permutation(len(some))
    scores, answers = np.zeros((len(some), len(labels))), truth(some)
    for part in range(3):
        held = set(order[part::3])
        model = make().fit([example for place, example in enumerate(some) if place not in held])
        scores[sorted(held)] = model.scores([some[place] for place in sorted(held)])
    best = []
    for place in range(len(labels)):
        tries = np.unique(np.quantile(scores[:, place], np.linspace(0.7, 1, 200)))
        best.append(max(tries, key=lambda bar: f1_score(answers[:, place], scores[:, place] >= bar, zero_division=0)))
    return np.array(best)


def measure(name, make):
    said, scored, answers, negatives, fit_time = [], [], [], {True: [0, 0], False: [0, 0]}, 0.0
    for part, fold in enumerate(folds):
        rest = [example for other, fold in enumerate(folds) if other != part for example in fold]
        bars = thresholds(make, rest)
        started = time.time()
        model = make().fit(rest)
        fit_time += time.time() - started
        scores = model.scores(fold)
        scored.append(scores)
        said.append(scores >= bars)
        answers.append(truth(fold))
        for example, row in zip(fold, scores >= bars):
            if not example["labels"]:
                negatives[bool(example.get("hard"))][0] += 1
                negatives[bool(example.get("hard"))][1] += int(row.sum())
    said, scored, answers = np.vstack(said), np.vstack(scored), np.vstack(answers)
    everything = list(examples.values())
    started = time.time()
    model.scores(everything)
    rate = len(everything) / (time.time() - started)
    f1 = f1_score(answers, said, average=None, zero_division=0)
    average = [average_precision_score(answers[:, place], scored[:, place]) for place in range(len(labels))]
    wrong = [100 * negatives[hard][1] / max(1, negatives[hard][0]) for hard in (False, True)]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(
        f"| {name} | {f1.mean():.3f} | {f1_score(answers, said, average='micro'):.3f} | {np.mean(average):.3f} | "
        f"{wrong[0]:.1f} / {wrong[1]:.1f} | {fit_time / len(folds):.0f} s | {rate:,.0f} | {memory:.0f} MB |",
        flush=True,
    )
    return f1, np.array(average), rate


print("| | macro-F1 | micro-F1 | mAP | false per 100 ordinary / hard | fit of one fold | items/s, one core | peak memory so far |")
print("|---|--:|--:|--:|--:|--:|--:|--:|")
summary = report
print(
    f"| Uitkijk | {summary['macro_f1']:.3f} | {summary['micro_f1']:.3f} | {summary['mean_average_precision']:.3f} | "
    f"{summary['false_per_100_ordinary']:.1f} / {summary['false_per_100_hard']:.1f} | "
    f"{seconds / len(folds):.0f} s with calibration, two cores | {speed['fenomenen_per_second']:,.0f} | "
    f"{resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000:.0f} MB |",
    flush=True,
)
peers = {
    "TF-IDF + LogisticRegression": lambda: Linear(lambda: LogisticRegression(C=20, max_iter=300, solver="liblinear")),
    "TF-IDF + LinearSVC": lambda: Linear(lambda: LinearSVC(C=1)),
}
try:
    import fasttext

    peers["fastText"] = FastText
except ImportError:
    print("fastText is not installed and is left out")
found = {name: measure(name, make) for name, make in peers.items()}
own_f1 = np.array([label["f1"] for label in report["labels"]])
own_average = np.array([label["average_precision"] for label in report["labels"]])
for name, (f1, average, rate) in found.items():
    better = [f"{label} ({a:.2f} > {b:.2f})" for label, a, b in zip(labels, average, own_average) if a > b]
    print(f"\n{name}: ours judges {speed['fenomenen_per_second'] / rate:.1f} times as many items per second.")
    print(f"  higher average precision than ours: {', '.join(better) or 'nowhere'}")
    print(f"  higher F1 than ours: {', '.join(label for label, a, b in zip(labels, f1, own_f1) if a > b) or 'nowhere'}")
