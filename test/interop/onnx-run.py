"""Checks a model with the onnx package and runs it in onnxruntime: FOLDER has model.onnx, inputs.json and the inputs."""
import json
import sys

import numpy
import onnx
import onnxruntime

folder = sys.argv[1]
onnx.checker.check_model(onnx.load(f"{folder}/model.onnx"), full_check=True)
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(f"{folder}/model.onnx", options, providers=["CPUExecutionProvider"])
feeds = {}
for described in json.load(open(f"{folder}/inputs.json")):
    path = f"{folder}/{described['name']}"
    if described["dtype"] == "string":
        values = numpy.array(json.load(open(path, encoding="utf8")), dtype=object)
    else:
        values = numpy.fromfile(path, dtype=described["dtype"])
    feeds[described["name"]] = values.reshape(described["shape"])
outputs = session.run(None, feeds)
result = {}
for info, values in zip(session.get_outputs(), outputs):
    flat = values.reshape(-1)
    # Doubles print so that they read back as the same float32; booleans become 0 and 1.
    result[info.name] = flat.tolist() if flat.dtype == object or flat.dtype.kind in "UO" else flat.astype("float64").tolist()
json.dump(result, open(f"{folder}/outputs.json", "w"))
