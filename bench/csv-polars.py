"""Reads a CSV file by polars and prints seconds, peak memory and what was read. Usage: csv-polars.py FILE THREADS"""

import json
import os
import resource
import sys
import time

os.environ["POLARS_MAX_THREADS"] = sys.argv[2]
import polars  # noqa: E402  (the number of threads must be set before)

start = time.perf_counter()
frame = polars.read_csv(sys.argv[1], try_parse_dates=True)
seconds = time.perf_counter() - start
print(
    json.dumps(
        {
            "seconds": seconds,
            "peakMb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "rows": frame.height,
            "columns": frame.width,
            "sum": frame["age"].sum(),
            "version": polars.__version__,
        }
    )
)
