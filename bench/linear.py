"""Fits scikit-learn's linear models on its bundled sets; prints the float32-rounded inputs and the coefficients as JSON."""
import json
import sys
import time

import numpy as np
import sklearn
from sklearn import datasets
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler

QUICK = '--quick' in sys.argv


def case(name, load, alpha, scaled, weighted=False):
    data = load()
    x = StandardScaler().fit_transform(data.data) if scaled else data.data
    x = x.astype(np.float32).astype(np.float64)
    y = data.target.astype(np.float64)
    weights = np.random.default_rng(0).integers(1, 4, len(y)).astype(np.float64) if weighted else None
    classes = 0 if name.startswith('diabetes') else len(np.unique(y))
    if classes == 0:
        model = Ridge(alpha=alpha, solver='svd')
        parameters = f'Ridge(alpha={alpha}, solver=svd)'
    else:
        model = LogisticRegression(C=1 / alpha, solver='newton-cholesky', tol=1e-10, max_iter=1000)
        parameters = f'LogisticRegression(C={1 / alpha:g}, solver=newton-cholesky, tol=1e-10)'
    start = time.perf_counter()
    model.fit(x, y, sample_weight=weights)
    seconds = time.perf_counter() - start
    intercept = np.atleast_1d(model.intercept_)
    if classes > 2:
        intercept = intercept - intercept.mean()
    return dict(name=name, classes=classes, columns=x.shape[1], alpha=alpha, parameters=parameters, seconds=seconds, x=x.ravel().tolist(),
        target=y.tolist(), weights=None if weights is None else weights.tolist(),
        coefficients=np.atleast_2d(model.coef_).ravel().tolist(), intercepts=intercept.tolist())


cases = [
    case('breast_cancer, standardised', datasets.load_breast_cancer, 1.0, True),
    case('breast_cancer, weighted, small penalty', datasets.load_breast_cancer, 0.01, True, True),
    case('diabetes', datasets.load_diabetes, 1.0, False),
    case('diabetes, standardised, weighted', datasets.load_diabetes, 0.1, True, True),
    case('wine, standardised', datasets.load_wine, 1.0, True),
    case('iris, raw', datasets.load_iris, 1.0, False),
]
if not QUICK:
    cases += [
        case('breast_cancer, raw', datasets.load_breast_cancer, 1.0, False),
        case('wine, raw', datasets.load_wine, 1.0, False),
        case('digits, raw (with constant columns)', datasets.load_digits, 1.0, False),
    ]
json.dump(dict(version=sklearn.__version__, cases=cases), sys.stdout)
