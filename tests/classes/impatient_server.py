"""A server that waits for a killed worker's chunk only so long: `... impatient_server SECONDS`."""

import sys
from datetime import timedelta

import resolvers.job_running
from server.serve import serve
from server.settings import Settings

if __name__ == "__main__":
    # No setting of the product: a minute is right for everybody who does not wait for a test.
    resolvers.job_running.LEASE = timedelta(seconds=float(sys.argv[1]))  # type: ignore[misc]
    serve(Settings())
