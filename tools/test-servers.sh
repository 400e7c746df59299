#!/usr/bin/env bash
# The database servers, the pooler and the emulator that the tests run against, on Debian: says which are missing and how to get them; with
# --install, or with CI=true, gets them. It starts none: each test binary starts throwaway ones of its own and ends them.
#
#   tools/test-servers.sh [--install] [postgres] [pgbouncer] [mariadb] [mysql] [firestore]
#
# Without names: those that this tree has an adapter for. Installing needs root. MySQL is in Debian's sid alone, so it is unpacked
# beside the system, with the libraries that it was built for, into FASTMAN_TEST_MYSQL_ROOT (default
# /var/cache/fastman-mysql/root); the machine's own packages stay as they are. Firestore's emulator is Google's, and is installed where
# Google's package archive is one of apt's sources; it runs on java, which is Debian's.
set -euo pipefail
cd "$(dirname "$0")/.."

install=false
[ "${CI:-}" = true ] && install=true
wanted=()
for argument in "$@"; do
    case "$argument" in
    --install) install=true ;;
    postgres | pgbouncer | mariadb | mysql | firestore) wanted+=("$argument") ;;
    *)
        echo "usage: tools/test-servers.sh [--install] [postgres] [pgbouncer] [mariadb] [mysql] [firestore]" >&2
        exit 2
        ;;
    esac
done
if [ ${#wanted[@]} = 0 ]; then
    [ -d adapters/postgres ] && wanted+=(postgres pgbouncer)
    [ -d adapters/mysql ] && wanted+=(mariadb mysql)
    [ -d adapters/firestore ] && wanted+=(firestore)
fi

# Where the emulator's jar is unpacked; its package wants the whole Cloud CLI, of which the jar needs nothing.
firestore_root=/var/cache/fastman-firestore
mysql_root="${FASTMAN_TEST_MYSQL_ROOT:-/var/cache/fastman-mysql/root}"

is_there() {
    case "$1" in
    postgres) compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || command -v postgres >/dev/null ;;
    pgbouncer) [ -x /usr/sbin/pgbouncer ] || command -v pgbouncer >/dev/null ;;
    mariadb) command -v mariadbd >/dev/null || [ -x /usr/sbin/mariadbd ] ;;
    mysql) [ -x "$mysql_root/usr/sbin/mysqld" ] ;;
    # One that is running, or a jar and what runs it.
    firestore) [ -n "${FASTMAN_TEST_FIRESTORE_URL:-}${FIRESTORE_EMULATOR_HOST:-}" ] || { has_jar && has_java; } ;;
    esac
}

# Of Debian's package, or of the Cloud CLI's own folder.
has_jar() {
    local folder jar=platform/cloud-firestore-emulator/cloud-firestore-emulator.jar
    if [ -n "${FASTMAN_TEST_FIRESTORE_JAR:-}" ]; then
        [ -f "$FASTMAN_TEST_FIRESTORE_JAR" ]
        return
    fi
    for folder in "$firestore_root/usr/lib/google-cloud-sdk" /usr/lib/google-cloud-sdk /usr/share/google-cloud-sdk "${CLOUDSDK_ROOT_DIR:-/nowhere}" "${HOME:-/nowhere}/google-cloud-sdk"; do
        [ -f "$folder/$jar" ] && return
    done
    return 1
}

has_java() {
    [ -x "${JAVA_HOME:-/nowhere}/bin/java" ] || command -v java >/dev/null
}

updated=false
apt_install() {
    export DEBIAN_FRONTEND=noninteractive
    $updated || apt-get -qq update
    updated=true
    apt-get -qq install -y --no-install-recommends "$@" >/dev/null
}

get_postgres() {
    # Debian would make and start a cluster of its own; the tests want the programs alone.
    if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
        mkdir -p /etc/postgresql-common
        echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
    fi
    apt_install -o Dpkg::Options::=--force-confold postgresql
}

# A pooler in front of PostgreSQL.
get_pgbouncer() {
    apt_install pgbouncer
}

get_mariadb() {
    apt_install mariadb-server
}

get_firestore() {
    has_java || apt_install default-jre-headless
    has_jar && return
    $updated || apt-get -qq update
    updated=true
    if ! apt-get -qq --print-uris download google-cloud-cli-firestore-emulator >/dev/null 2>&1; then
        cat >&2 <<'HELP'
firestore: Google's package archive is not one of apt's sources. Either of these gets the emulator:
    - add the archive (https://cloud.google.com/sdk/docs/install#deb), then run this again
    - with the Cloud CLI: gcloud components install cloud-firestore-emulator
  or name one that is running: FASTMAN_TEST_FIRESTORE_URL='firestore://any?emulator=HOST:PORT'
HELP
        return 1
    fi
    (
        cd "$(mktemp -d)"
        apt-get -qq download google-cloud-cli-firestore-emulator
        mkdir -p "$firestore_root"
        dpkg-deb --extract ./*.deb "$firestore_root"
        rm -rf "$PWD"
    )
}

# A package index, a status file and a cache of its own: apt resolves and downloads, dpkg-deb unpacks, nothing is installed.
get_mysql() {
    local root="$mysql_root.new" state sources=/etc/apt/sources.list.d/debian.sources uri key
    state="$(dirname "$root")/apt"
    rm -rf "$root" "$state"
    mkdir -p "$root" "$state/lists/partial" "$state/cache/archives/partial" "$state/packages"
    uri="$(sed -n 's/^URIs: *\([^ ]*\).*/\1/p' "$sources" | head -n 1)"
    key="$(sed -n 's/^Signed-By: *\([^ ]*\).*/\1/p' "$sources" | head -n 1)"
    echo "deb [signed-by=$key] $uri sid main" >"$state/sources.list"
    # The server needs no perl, which is most of what it would bring.
    printf '%s\n' 'Package: perl' 'Status: install ok installed' 'Version: 99' "Architecture: $(dpkg --print-architecture)" \
        'Multi-Arch: allowed' 'Maintainer: nobody' 'Description: taken as there' '' >"$state/status"
    cat >"$state/apt.conf" <<CONF
Dir::State "$state"; Dir::State::lists "$state/lists"; Dir::State::status "$state/status"; Dir::Cache "$state/cache";
Dir::Etc::sourcelist "$state/sources.list"; Dir::Etc::sourceparts "/dev/null"; Dir::Etc::preferencesparts "/dev/null";
APT::Install-Recommends "false"; Acquire::Languages "none"; Debug::NoLocking "1"; APT::Sandbox::User "root";
APT::Update::Post-Invoke ""; DPkg::Post-Invoke "";
CONF
    (
        export APT_CONFIG="$state/apt.conf"
        apt-get -qq update
        apt-get -qq install -y --print-uris mysql-server-core | sed "s/^'[^']*' *\([^_ ]*\)_.*/\1/" | sort -u >"$state/names"
        cd "$state/packages"
        xargs -r apt-get -qq download <"$state/names"
        for package in *.deb; do dpkg-deb --extract "$package" "$root"; done
    )
    # All of it is there, or nothing.
    rm -rf "$mysql_root" "$state"
    mv "$root" "$mysql_root"
}

# Gets a server, as far as it comes: the first failure ends the attempt, and not this script.
attempt() {
    set +e
    (set -e; "get_$1")
    set -e
}

# Whether continuous integration may do without the server today: see tools/missing-servers.
excused() {
    local server until rest
    while read -r server _ until rest; do
        if [ "$server" = "$1" ] && [[ ! "$(date -u +%F)" > "${until%:}" ]]; then
            echo "$1: could not be installed, which is excused until $until $rest"
            return 0
        fi
    done < <(grep -v '^ *\(#\|$\)' tools/missing-servers)
    echo "$1: could not be installed; to go on without it for a while, say so in tools/missing-servers" >&2
    return 1
}

status=0
for server in "${wanted[@]}"; do
    if is_there "$server"; then
        echo "$server: there"
    elif ! $install; then
        echo "$server: missing; to get it: tools/test-servers.sh --install $server"
    elif [ "$(id -u)" != 0 ]; then
        echo "$server: missing, and installing needs root: sudo tools/test-servers.sh --install $server"
        status=1
    else
        echo "$server: installing"
        attempt "$server"
        # Mirrors hiccup.
        is_there "$server" || { sleep 10 && attempt "$server"; }
        is_there "$server" || excused "$server" || status=1
    fi
done
exit $status
