-- One row per call, as the journal told it. Times are microseconds since the Unix epoch, money is pico-dollars.
CREATE TABLE spend (
    id TEXT PRIMARY KEY,
    call_id TEXT NOT NULL,
    started INTEGER NOT NULL,
    duration INTEGER NOT NULL,
    model TEXT NOT NULL,
    deployment TEXT,
    provider TEXT,
    upstream_model TEXT,
    key_name TEXT,
    outcome TEXT NOT NULL,
    status INTEGER NOT NULL,
    input INTEGER NOT NULL,
    output INTEGER NOT NULL,
    cost_pico INTEGER,
    -- Everything else that the record says.
    record TEXT NOT NULL
) WITHOUT ROWID;

-- What the dashboard and `ferrolite spend` read: narrow, and written in the same transaction as the rows.
CREATE TABLE spend_by_model (
    day TEXT NOT NULL,
    model TEXT NOT NULL,
    calls INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    input INTEGER NOT NULL,
    output INTEGER NOT NULL,
    cost_pico INTEGER NOT NULL,
    PRIMARY KEY (day, model)
) WITHOUT ROWID;

-- Up to where the journal was taken; one row.
CREATE TABLE journal_position (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    segment INTEGER NOT NULL,
    "offset" INTEGER NOT NULL
);
