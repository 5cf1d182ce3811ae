/** The files a Superset instance is started with: its configuration, the server's, and the application to serve. */

export const SUPERSET_PORT = 8088;
const SUPERSET_DATABASE = "superset";
export const SUPERSET_ADMIN = "admin";

/** One process with threads: a request waits for the query engine most of its time. */
const THREAD_COUNT = 8;
/** How long a chart's rows are served from the cache. */
const CACHE_S = 300;
/** A cache that hangs must not hold a thread: the query engine is asked instead, or the request fails. */
const CACHE_ANSWER_S = 2;

export interface SupersetSettings {
  /** "host:port" of the metadata database. */
  readonly postgres: string;
  /** "host:port" of each node; none where there is no Redis. */
  readonly redis: readonly string[];
  readonly secret: string;
}

/** Strings of JSON are strings of Python. */
const text = (value: string): string => JSON.stringify(value);

/** Read by Superset itself, from the path in SUPERSET_CONFIG_PATH. */
export function supersetConfig(settings: SupersetSettings): string {
  const uri = `postgresql+psycopg2://lakeproof@${settings.postgres}/${SUPERSET_DATABASE}`;
  return `"""One configuration for all instances: what differs between them is only where they listen."""
import logging

SECRET_KEY = ${text(settings.secret)}
GUEST_TOKEN_JWT_SECRET = ${text(settings.secret)}
SQLALCHEMY_DATABASE_URI = ${text(uri)}
# Checked before use: after a failover of the database the pool is full of dead connections.
SQLALCHEMY_ENGINE_OPTIONS = {
    "pool_size": ${String(THREAD_COUNT)},
    "max_overflow": 2,
    "pool_pre_ping": True,
    "connect_args": {"connect_timeout": 5},
}
${cacheSettings(settings.redis)}
# The lab's clients are programs behind its own load balancer, a thousand of them at one address.
WTF_CSRF_ENABLED = False
TALISMAN_ENABLED = False
RATELIMIT_ENABLED = False
AUTH_RATE_LIMITED = False
ENABLE_PROXY_FIX = True
FEATURE_FLAGS = {"EMBEDDED_SUPERSET": True}
# What a chart is asked for is the clients' own affair, as is how many rows: the seed's large reports have over 10,000.
ROW_LIMIT = 50000
SUPERSET_WEBSERVER_TIMEOUT = 60
ALEMBIC_SKIP_LOG_CONFIG = True
CONTENT_SECURITY_POLICY_WARNING = False
LOG_LEVEL = logging.WARNING
`;
}

function cacheSettings(nodes: readonly string[]): string {
  // Without Redis Superset's own choice stands: nothing is cached but state, which is in the metadata database.
  if (nodes.length === 0) return "";
  const names = {
    CACHE_CONFIG: "superset_",
    DATA_CACHE_CONFIG: "superset_data_",
    FILTER_STATE_CACHE_CONFIG: "superset_filter_",
    EXPLORE_FORM_DATA_CACHE_CONFIG: "superset_explore_",
  };
  return `

def redis_cluster(prefix):
    return {
        "CACHE_TYPE": "RedisClusterCache",
        "CACHE_REDIS_CLUSTER": ${text(nodes.join(","))},
        "CACHE_DEFAULT_TIMEOUT": ${String(CACHE_S)},
        "CACHE_KEY_PREFIX": prefix,
        "CACHE_OPTIONS": {
            "socket_timeout": ${String(CACHE_ANSWER_S)},
            "socket_connect_timeout": ${String(CACHE_ANSWER_S)},
        },
    }


${Object.entries(names)
  .map(([name, prefix]) => `${name} = redis_cluster(${text(prefix)})\n`)
  .join("")}`;
}

/** Gunicorn's settings file. */
export function gunicornConfig(host: string): string {
  return `bind = ${text(`${host}:${String(SUPERSET_PORT)}`)}
workers = 1
worker_class = "gthread"
threads = ${String(THREAD_COUNT)}
# Counts from the worker's fork, and setting up the database is done in it: loading alone takes most of a minute
# where three instances start on two cores. A request that hangs does not count, it has a thread of its own.
timeout = 600
graceful_timeout = 20
keepalive = 30
# Its socket would lie in a path that may be too long for one.
control_socket_disable = True
limit_request_line = 0
limit_request_field_size = 0
`;
}

/** A name that no module of Superset's has. */
export const WSGI_MODULE = "lakeproof_superset";

const SET_UP_LOCK = 7_461_001;

/**
 * The application, and before it what must happen once for all instances: database, tables, roles, administrator.
 * In the same process, as importing Superset costs more CPU than everything else. The others wait at a lock.
 */
export function wsgiModule(settings: SupersetSettings): string {
  const [host = "", port = ""] = settings.postgres.split(":");
  return `"""Serves Superset. Whoever comes first sets up the database that all instances share."""
import psycopg2


def connect(database):
    connection = psycopg2.connect(
        host=${text(host)}, port=${port}, user="lakeproof", dbname=database, connect_timeout=10
    )
    connection.autocommit = True
    return connection


def ask(connection, statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone() if cursor.description else None


def set_up():
    from flask_migrate import upgrade
    from superset.app import create_app

    app = create_app()
    with app.app_context():
        from superset.extensions import appbuilder, db, security_manager

        upgrade()
        app.sync_config_to_db()
        appbuilder.add_permissions(update_perms=True)
        security_manager.sync_role_definitions()
        if security_manager.find_user(username=${text(SUPERSET_ADMIN)}) is None:
            role = security_manager.find_role("Admin")
            security_manager.add_user(
                ${text(SUPERSET_ADMIN)}, "Lake", "Proof", "admin@lakeproof.invalid", role, ${text(settings.secret)}
            )
        db.session.commit()
    return app


def load():
    # Held by the session: if this process dies half way, the next one goes on where it was.
    lock = connect("postgres")
    try:
        ask(lock, "SELECT pg_advisory_lock(${String(SET_UP_LOCK)})")
        if ask(lock, "SELECT 1 FROM pg_database WHERE datname = '${SUPERSET_DATABASE}'") is None:
            ask(lock, "CREATE DATABASE ${SUPERSET_DATABASE}")
        metadata = connect(${text(SUPERSET_DATABASE)})
        try:
            if ask(metadata, "SELECT to_regclass('lakeproof_set_up')")[0] is None:
                app = set_up()
                ask(metadata, "CREATE TABLE lakeproof_set_up AS SELECT now() AS at")
                return app
        finally:
            metadata.close()
    finally:
        lock.close()
    from superset.app import create_app

    return create_app()


application = load()
`;
}
