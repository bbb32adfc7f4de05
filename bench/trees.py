"""LightGBM beside the boosted trees: answers one JSON line for each JSON line that comes in.

{"do": "speed", "folder", "rows", "columns"}   writes a made classification set, column by column
{"do": "fit", "case", "trees", "threads"}      seconds of one fit, binning included
{"do": "predict", "case", "trees", "threads"}  seconds to score all rows; the model is fitted once
{"do": "real", "folder"}                       writes real sets with missing values and categories, and LightGBM's metric on them
"""
import io
import json
import sys
import tarfile
import time
import warnings
from pathlib import Path

import lightgbm
import numpy as np
from sklearn import datasets
from sklearn.metrics import roc_auc_score

warnings.filterwarnings("ignore")
equal = dict(num_leaves=31, learning_rate=0.1, min_child_samples=20, verbose=-1)
cases, models = {}, {}


def speed(folder, rows, columns):
    name = f"{rows}x{columns}"
    x, y = datasets.make_classification(rows, columns, n_informative=columns // 2, random_state=0)
    x = x.astype(np.float32)
    np.asfortranarray(x).T.tofile(f"{folder}/{name}.x")
    y.astype(np.uint8).tofile(f"{folder}/{name}.y")
    cases[name] = x, y
    return dict(case=name)


def fit(case, trees, threads):
    x, y = cases[case]
    model = lightgbm.LGBMClassifier(n_estimators=trees, n_jobs=threads, **equal)
    start = time.perf_counter()
    model.fit(x, y)
    models[case] = model
    return dict(seconds=time.perf_counter() - start)


def predict(case, trees, threads):
    if case not in models:
        fit(case, trees, 2)
    x, _ = cases[case]
    start = time.perf_counter()
    models[case].predict_proba(x, num_threads=threads)
    return dict(seconds=time.perf_counter() - start)


def of_debian(folder, package, member):
    """An .rda of a Debian package, read without installing it (apt-get download PACKAGE in FOLDER first)."""
    import rdata

    found = sorted(Path(folder).glob(f"{package}_*.deb"))
    if not found:
        raise FileNotFoundError(f"In {folder}: apt-get download {package}")
    archive = found[0].read_bytes()
    offset = 8
    while offset < len(archive):
        name, size = archive[offset : offset + 16].decode().strip(), int(archive[offset + 48 : offset + 58])
        if name.startswith("data.tar"):
            with tarfile.open(fileobj=io.BytesIO(archive[offset + 60 : offset + 60 + size])) as tar:
                inner = next(m for m in tar.getmembers() if m.name.endswith(member))
                content = tar.extractfile(inner).read()
                return next(iter(rdata.conversion.convert(rdata.parser.parse_data(content)).values()))
        offset += 60 + size + size % 2
    raise FileNotFoundError(member)


def real_sets(folder):
    cancer = datasets.load_breast_cancer()
    yield "breast_cancer", "binary", cancer.data, cancer.target
    diabetes = datasets.load_diabetes()
    yield "diabetes", "regression", diabetes.data, diabetes.target
    digits = datasets.load_digits()
    yield "digits, eight or not", "binary", digits.data, digits.target == 8
    spam = of_debian(folder, "r-cran-kernlab", "spam.rda")
    yield "spam", "binary", spam.drop(columns="type").to_numpy(float), (spam["type"] == "spam").to_numpy()
    letter = of_debian(folder, "r-cran-mlbench", "LetterRecognition.rda")
    half = letter["lettr"].astype(str) < "N"
    yield "letter, A to M or not", "binary", letter.drop(columns="lettr").to_numpy(float), half.to_numpy()
    satellite = of_debian(folder, "r-cran-mlbench", "Satellite.rda")
    classes = satellite["classes"].astype("category").cat.codes.to_numpy()
    yield "satellite", "multiclass", satellite.drop(columns="classes").to_numpy(float), classes


def with_gaps(x, seed):
    """A tenth of each third column goes missing; two columns become categories of shuffled codes (0 is missing, 1 unused)."""
    random = np.random.default_rng(seed)
    x = x.astype(np.float32).copy()
    codes = np.zeros((len(x), 2), np.int32)
    for k, groups in enumerate((6, 24)):
        column = x[:, k + 1]
        edges = np.unique(np.quantile(column, np.linspace(0, 1, groups + 1)[1:-1]))
        order = random.permutation(len(edges) + 1)
        codes[:, k] = 2 + order[np.searchsorted(edges, column)]
        codes[random.random(len(x)) < 0.05, k] = 0
    x = np.delete(x, [1, 2], axis=1)
    for k in range(0, x.shape[1], 3):
        x[random.random(len(x)) < 0.1, k] = np.nan
    return x, codes


def metric(task, y, p):
    if task == "regression":
        return float(np.sqrt(np.mean((y - p) ** 2)))
    if task == "binary":
        return float(roc_auc_score(y, p))
    return float(np.mean([roc_auc_score(y == k, p[:, k]) for k in range(p.shape[1])]))


def real(folder, quick):
    described = []
    for index, (name, task, x, y) in enumerate(real_sets(folder)):
        numbers, codes = with_gaps(x, index)
        y = y.astype(float)
        # Small sets need more repeats: one of them moves the mean by a hundredth.
        repeats = 1 if quick else max(2, min(20, 10000 // len(y)))
        folds = np.concatenate([np.random.default_rng(r).permutation(len(y)) % 5 for r in range(repeats)]).astype(np.uint8)
        np.asfortranarray(numbers).T.tofile(f"{folder}/real{index}.numbers")
        np.asfortranarray(codes).T.tofile(f"{folder}/real{index}.codes")
        y.tofile(f"{folder}/real{index}.target")
        folds.tofile(f"{folder}/real{index}.folds")
        both = np.hstack([numbers, codes.astype(np.float32)])
        categorical = [numbers.shape[1], numbers.shape[1] + 1]
        kind = lightgbm.LGBMRegressor if task == "regression" else lightgbm.LGBMClassifier
        values = []
        for r in range(repeats):
            fold = folds[r * len(y) : (r + 1) * len(y)]
            for f in range(5):
                model = kind(n_estimators=100, n_jobs=1, **equal)
                model.fit(both[fold != f], y[fold != f], categorical_feature=categorical)
                held = both[fold == f]
                p = model.predict(held) if task == "regression" else model.predict_proba(held)
                values.append(metric(task, y[fold == f], p[:, 1] if task == "binary" else p))
        described.append(dict(name=name, task=task, rows=len(y), numbers=numbers.shape[1], sizes=[int(s) for s in codes.max(0) + 1],
            repeats=repeats, classes=0 if task == "regression" else len(np.unique(y)), metric=float(np.mean(values))))
    return dict(sets=described)


for line in sys.stdin:
    request = json.loads(line)
    action = dict(speed=speed, fit=fit, predict=predict, real=real)[request.pop("do")]
    print(json.dumps(dict(action(**request), version=lightgbm.__version__)), flush=True)
