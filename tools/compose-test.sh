#!/usr/bin/env bash
# Runs the conformance suite against the containers of docker-compose.yml, once for each of them:
#
#   docker compose up -d --wait && tools/compose-test.sh              (all that this tree has an adapter for)
#   docker compose up -d --wait mysql-lts && tools/compose-test.sh mysql-lts
#
# The account of a URL must be allowed to create databases. Each run drops what it made.
set -euo pipefail
cd "$(dirname "$0")/.."

# service, adapter, how the suite calls the backend, the variable that names the server, and its URL
containers='
postgres-oldest postgres  postgres  FASTMAN_TEST_POSTGRES_URL  postgresql://postgres:fastman@127.0.0.1:54313
postgres-newest postgres  postgres  FASTMAN_TEST_POSTGRES_URL  postgresql://postgres:fastman@127.0.0.1:54318
mysql-lts       mysql     mysql     FASTMAN_TEST_MYSQL_URL     mysql://root:fastman@127.0.0.1:33084
mysql-newest    mysql     mysql     FASTMAN_TEST_MYSQL_URL     mysql://root:fastman@127.0.0.1:33090
mariadb-lts     mysql     mariadb   FASTMAN_TEST_MARIADB_URL   mariadb://root:fastman@127.0.0.1:33011
oracle-free     oracle    oracle    FASTMAN_TEST_ORACLE_URL    oracle://system:fastman@127.0.0.1:15210/FREEPDB1
firestore       firestore firestore FASTMAN_TEST_FIRESTORE_URL firestore://fastman?emulator=127.0.0.1:18080
'

run=0
failed=()
log="$(mktemp)"
trap 'rm -f "$log"' EXIT
while read -r service adapter backend variable url; do
    [ -n "$service" ] || continue
    if [ $# -gt 0 ]; then
        case " $* " in *" $service "*) ;; *) continue ;; esac
    fi
    if [ ! -d "adapters/$adapter" ]; then
        echo "$service: this tree has no adapter for it yet"
        continue
    fi
    printf '\n== %s\n' "$service"
    run=$((run + 1))
    # A suite that ran nothing is not a suite that passed.
    if ! env "$variable=$url" cargo test -p "fastman-$adapter" --test conformance -- "$backend::" </dev/null 2>&1 | tee "$log" ||
        ! grep -q "^$backend (.*): [1-9][0-9]* run, [1-9]" "$log"; then
        failed+=("$service")
    fi
done <<<"$containers"

if [ $run = 0 ]; then
    echo "error: no such container, or none with an adapter: $*" >&2
    exit 2
fi
if [ ${#failed[@]} -gt 0 ]; then
    echo "error: the suite failed on: ${failed[*]}" >&2
    exit 1
fi
printf '\nthe suite passed on %s containers\n' "$run"
