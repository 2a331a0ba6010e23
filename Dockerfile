# The service. Its settings are those of docs/http.md, from the environment; keys are needed, as others can reach it.
FROM python:3.13-slim AS build
WORKDIR /build
RUN python -m venv /venv
COPY locks/service.txt locks/
RUN /venv/bin/pip install --no-cache-dir --no-deps --require-hashes -r locks/service.txt
COPY pyproject.toml README.md LICENSE ./
COPY dedup dedup
COPY service service
RUN /venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.13-slim
RUN useradd --uid 10001 --no-create-home resembles && install -d -o resembles /index /kernels
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 NUMBA_CACHE_DIR=/kernels DEDUP_HOST=0.0.0.0 DEDUP_INDEX=lmdb:/index
USER 10001
WORKDIR /index
VOLUME ["/index", "/kernels"]
EXPOSE 8080
STOPSIGNAL SIGTERM
# kernels are compiled for the very processor at the first start
HEALTHCHECK --interval=10s --timeout=5s --start-period=180s --retries=3 CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f\"http://127.0.0.1:{os.environ.get('DEDUP_PORT', 8080)}/readyz\", timeout=4)"]
CMD ["dedup", "serve"]
