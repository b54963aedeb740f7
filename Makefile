# 群策 Community Ops. `make help` lists what there is.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON := .venv/bin/python
# pytest's arguments: make test ARGS="tests/members -k phone"
ARGS ?=
WORKERS ?= 2

.PHONY: help setup setup-dev run test check bench demo messages format lint clean

help: ## 列出命令 List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

setup: ## 建立 .venv 并安装依赖 Create .venv and install the requirements
	@scripts/setup.sh requirements.txt

setup-dev: ## 同上,加上测试和检查工具 The same with the tools for tests and checks
	@scripts/setup.sh requirements-dev.txt

run: setup ## 启动全部服务(PORT=8001 换端口) Start everything (PORT=8001 changes the port)
	@exec $(PYTHON) -m community_ops.servers run

test: setup-dev ## 运行测试(ARGS="tests/x" 只跑一部分) Run the tests (ARGS="tests/x" for a part)
	@scripts/system-packages.sh
	@$(PYTHON) -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

check: setup-dev ## 代码、类型、分层、迁移、部署检查 Lint, types, layers, migrations, deployment
	@PATH="$(CURDIR)/.venv/bin:$$PATH" $(PYTHON) -m community_ops.servers with scripts/check.sh

bench: setup-dev ## 性能测量 Measure
	@$(PYTHON) -m benchmarks $(ARGS)

demo: setup ## 清空并重新载入演示数据 Reset to the demo data
	@$(PYTHON) manage.py migrate --verbosity 0
	@$(PYTHON) manage.py demo --reset --noinput

messages: setup-dev ## 更新并编译翻译 Update and compile the translations
	@$(PYTHON) -m scripts.messages update

format: setup-dev ## 整理代码格式 Format the code
	@.venv/bin/ruff check --fix --quiet . ; .venv/bin/ruff format .

lint: setup-dev ## 只做快速检查 Only the quick checks
	@.venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/lint-imports

clean: ## 删除缓存和测试数据(数据和 .venv 保留) Remove caches and test data (data and .venv stay)
	@for folder in var/test*; do \
	  if [ -x $(PYTHON) ] && [ -d "$$folder" ]; then \
	    COMMUNITY_OPS_VAR="$(CURDIR)/$$folder" $(PYTHON) -m community_ops.servers stop; fi; done
	@rm -rf var/test* var/static .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis htmlcov .coverage*
	@find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
