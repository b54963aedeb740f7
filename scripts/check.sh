#!/usr/bin/env bash
# Every check, each named, all of them even if one fails. `make check` calls this with .venv first in
# PATH and the embedded servers up.
set -uo pipefail
cd "$(dirname "$0")/.."
failed=()

step() {
  local name=$1
  shift
  printf '\n── %s\n' "$name"
  "$@" || failed+=("$name")
}

deployment() {
  # What a real server sets; see docs/deployment.md.
  env PRODUCTION=1 DEBUG=0 ALLOWED_HOSTS=example.com CSRF_TRUSTED_ORIGINS=https://example.com \
    SITE_URL=https://example.com METRICS_TOKEN=token-for-the-check \
    SECRET_KEY="$(python -c 'import secrets; print(secrets.token_urlsafe(64))')" \
    FIELD_ENCRYPTION_KEYS="$(python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())')" \
    python manage.py check --deploy --fail-level WARNING
}

templates() {
  local files
  mapfile -t files < <(git ls-files --cached --others --exclude-standard -- 'templates/*.html' '*/templates/*.html')
  [ ${#files[@]} -eq 0 ] || djade --check --target-version 5.2 "${files[@]}"
}

step "ruff check" ruff check .
step "ruff format" ruff format --check .
step "import-linter" lint-imports
step "mypy" mypy apps community_ops benchmarks
step "makemigrations --check" python manage.py makemigrations --check --dry-run
step "check --deploy" deployment
step "djade" templates
step "catalogues" python -m scripts.messages check

if [ ${#failed[@]} -gt 0 ]; then
  printf '\n未通过 Failed: %s\n' "$(IFS=,; echo "${failed[*]}")"
  exit 1
fi
printf '\n全部通过 All checks passed.\n'
