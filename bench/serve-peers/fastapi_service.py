"""The same ONNX file behind FastAPI: python fastapi_service.py MODEL COLUMN,COLUMN,…"""

import asyncio
import socket
import sys

import numpy as np
import onnxruntime as ort
import uvicorn
from fastapi import FastAPI
from pydantic import create_model

model, columns = sys.argv[1], sys.argv[2].split(",")
options = ort.SessionOptions()
options.intra_op_num_threads = 1
session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
classes = ["no", "yes"]
Record = create_model("Record", **{name: (float, ...) for name in columns})
app = FastAPI()


@app.post("/v1/predict")
async def predict(record: Record):
    numbers = np.array([[getattr(record, name) for name in columns]], dtype=np.float32)
    label, probabilities = session.run(["label", "probabilities"], {"numbers": numbers})
    shares = dict(zip(classes, probabilities[0].tolist()))
    return {"predictions": [{"prediction": label[0], "probabilities": shares}], "model": "a" * 64}


async def main():
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    config = uvicorn.Config(app, log_level="error", access_log=False)
    await uvicorn.Server(config).serve(sockets=[listener])


asyncio.run(main())
