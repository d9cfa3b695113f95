FROM node:20-slim AS explorer
WORKDIR /src
COPY explorer/package.json explorer/package-lock.json explorer/.npmrc ./
RUN npm ci --no-audit --no-fund
COPY explorer ./
RUN npm run build

FROM python:3.13-slim AS packages
RUN python -m venv /venv
COPY requirements/run.txt /src/run.txt
RUN /venv/bin/pip install --no-cache-dir --require-hashes --requirement /src/run.txt

FROM python:3.13-slim
RUN useradd --system --create-home --home-dir /data coursegrade
COPY --from=packages /venv /venv
WORKDIR /app
COPY . .
COPY --from=explorer /src/dist explorer/dist
RUN /venv/bin/python -m compileall -q .
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    COURSEGRADE_HOST=0.0.0.0 \
    COURSEGRADE_PORT=8000
USER coursegrade
WORKDIR /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 CMD ["python", "-c", \
  "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ[\"COURSEGRADE_PORT\"]}/healthz', timeout=2)"]
ENTRYPOINT ["python", "/app/main.py"]
CMD ["serve"]
