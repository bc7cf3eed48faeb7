#!/bin/sh
# Makes .venv with CPython 3.10 and exactly what requirements/requirements.lock names. Run again, it does nothing.
set -eu
cd "$(dirname "$0")/.."
lock=requirements/requirements.lock
stamp=.venv/.installed

works() { "$1" -c 'import sys; sys.exit(sys.implementation.name != "cpython" or sys.version_info[:2] != (3, 10))' >/dev/null 2>&1; }

find_python() {
    for candidate in "${PYTHON:-}" "$(uv python find --no-project 3.10 2>/dev/null || true)" python3.10 \
        "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.10.*/bin/python3.10 \
        "${UV_PYTHON_INSTALL_DIR:-$HOME/.local/share/uv/python}"/cpython-3.10*/bin/python3.10 \
        /usr/local/bin/python3.10 /opt/*/bin/python3.10 python3; do
        if [ -n "$candidate" ] && works "$candidate"; then echo "$candidate"; return; fi
    done
    echo "找不到 CPython 3.10。请用 pyenv install 3.10 或 uv python install 3.10 安装，或用 PYTHON=/路径/python3.10 指明后再运行。" >&2
    exit 1
}

wanted=$(cksum < "$lock")
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && works .venv/bin/python; then exit 0; fi

free=$(df -Pk . | awk 'NR == 2 {print int($4 / 1024)}')
if [ "$free" -lt 3500 ]; then
    echo "磁盘空间不足：安装需要约 3500 MB，这里只剩 ${free} MB。请清理后再运行。" >&2
    exit 1
fi

python=$(find_python)
echo "使用 $("$python" --version)；安装依赖（首次约需 1 到 5 分钟）……"
works .venv/bin/python || { rm -rf .venv; "$python" -m venv .venv; }
rm -f "$stamp"
if ! .venv/bin/uv --version >/dev/null 2>&1; then
    .venv/bin/python -m pip install --quiet --require-hashes --no-deps -r requirements/installer.lock
fi
if ! .venv/bin/uv pip sync --python .venv/bin/python --require-hashes --compile-bytecode "$lock"; then
    echo "依赖没有装全：请检查网络和磁盘空间（剩 $(df -Ph . | awk 'NR == 2 {print $4}')），然后再运行一次。" >&2
    exit 1
fi
echo "$wanted" > "$stamp"
echo "依赖已装好。"
