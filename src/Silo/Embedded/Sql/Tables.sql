-- Tables of an embedded silo. Orleans' ADO.NET providers read their statements from OrleansQuery; the providers ship none for SQLite, so the files beside this one are ours.
CREATE TABLE IF NOT EXISTS OrleansQuery (
    QueryKey  TEXT NOT NULL PRIMARY KEY,
    QueryText TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS GrainState (
    ServiceId     TEXT    NOT NULL,
    GrainType     TEXT    NOT NULL,
    KeyLow        INTEGER NOT NULL,
    KeyHigh       INTEGER NOT NULL,
    KeyExtension  TEXT    NOT NULL,
    Version       INTEGER NOT NULL,
    Payload       BLOB,
    Modified      TEXT    NOT NULL,
    PRIMARY KEY (ServiceId, GrainType, KeyLow, KeyHigh, KeyExtension)
);

CREATE TABLE IF NOT EXISTS Reminder (
    ServiceId    TEXT    NOT NULL,
    GrainId      TEXT    NOT NULL,
    ReminderName TEXT    NOT NULL,
    StartTime    TEXT    NOT NULL,
    Period       INTEGER NOT NULL,
    GrainHash    INTEGER NOT NULL,
    Version      INTEGER NOT NULL,
    PRIMARY KEY (ServiceId, GrainId, ReminderName)
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS ReminderByHash ON Reminder (ServiceId, GrainHash);
