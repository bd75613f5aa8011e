# One image for every service: FUNCTION_TARGET chooses what it runs.

FROM python:3.11-slim AS dependencies
# Exactly what was tested, or nothing: every archive must have the hash in the lock file.
COPY requirements.lock .
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock

FROM python:3.11-slim
ENV PATH=/venv/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONUNBUFFERED=1
WORKDIR /app
COPY --from=dependencies /venv /venv
COPY shared ./shared
COPY services ./services
COPY infra/__init__.py infra/smoke.py infra/newest_date.sql ./infra/
# Compiled here once, not at every cold start by a user who may not write.
RUN python -m compileall -q shared services infra
USER 10001:10001

# One process and one thread: the platform sends one request at a time. A run may take as long as the request
# may (600 s), and at SIGTERM the platform waits for 10 s; what is cut short comes again.
CMD ["sh", "-c", "exec gunicorn --bind ${HOST:-0.0.0.0}:${PORT:-8080} --workers 1 --threads 1 --timeout 0 --graceful-timeout 10 'services.serve:application()'"]
