-- What a source taught us about itself, and what it said about moving.
alter table source_state add column moved text;
-- Digest of the last opening answer, to see that a server sends the same page for ever.
alter table source_state add column digest text not null default '';
-- Requests of the current day, for sources with a budget.
alter table source_state add column spent_day text not null default '';
alter table source_state add column spent integer not null default 0;

-- One row per source and hour in which it was polled: what health and rhythm are learned from.
create table source_hour (
    source     text    not null,
    hour       integer not null,
    polls      integer not null default 0,
    failed     integer not null default 0,
    unchanged  integer not null default 0,
    new        integer not null default 0,
    changed    integer not null default 0,
    known      integer not null default 0,
    rejected   integer not null default 0,
    -- Of the new items: how many had a date, a link and more text than a title.
    with_date  integer not null default 0,
    with_link  integer not null default 0,
    with_text  integer not null default 0,
    -- Polls that gave the same bytes as the one before, though the server did not say "unchanged".
    same       integer not null default 0,
    primary key (source, hour)
) strict, without rowid;

-- What is wrong with a source: named once when it begins, once when it is over.
create table condition (
    id     integer primary key,
    source text    not null,
    kind   text    not null,
    detail text    not null,
    since  integer not null,
    until  integer
) strict;
create unique index condition_open on condition (source, kind) where until is null;

-- Answers as they came, compressed, for as long as the source's retention: every claim can be traced to its bytes.
create table raw (
    id           integer primary key,
    source       text    not null,
    address      text    not null,
    fetched      integer not null,
    content_type text,
    -- SHA-256 of the bytes before compression, in hex.
    hash         text    not null,
    bytes        integer not null,
    packed       blob    not null
) strict;
create index raw_age on raw (source, fetched);

alter table item add column raw integer references raw (id) on delete set null;
create index item_raw on item (raw);
-- Full text of the page behind a feed's item; goes with the retention of its source.
alter table item add column article text;
-- What was masked on entry, as "iban 1, telefoon 2"; never what it was.
alter table item add column masked text not null default '';

-- Later versions of an item, and whether they changed what it says.
create table item_version (
    item         integer not null references item (id) on delete cascade,
    version      integer not null,
    seen         integer not null,
    title        text    not null,
    content_hash text    not null,
    substance    integer not null,
    summary      text    not null,
    raw          integer references raw (id) on delete set null,
    primary key (item, version)
) strict, without rowid;
create index item_version_raw on item_version (raw);

-- Figures of others, kept as context beside our own counts.
create table figure (
    source   text    not null,
    "table"  text    not null,
    period   text    not null,
    region   text    not null,
    category text    not null,
    measure  text    not null,
    borders  integer,
    value    real,
    primary key (source, "table", region, category, measure, period)
) strict, without rowid;

-- Registrations of companies: the phenomenon, never a name. The key is a digest where a natural person stands behind it.
create table registration (
    source     text    not null,
    key        text    not null,
    sbi        text    not null,
    gemeente   text,
    place      text    not null default '',
    started    text,
    ended      text,
    legal_form text,
    event      text,
    first_seen integer not null,
    primary key (source, key)
) strict, without rowid;
create index registration_branch on registration (sbi, gemeente);

-- Chosen by chance when the database is made: makes digests of keys useless without it.
create table salt (value text not null) strict;
insert into salt (value) values (lower(hex(randomblob(16))));

-- Held against stated, per source and closed month.
create table reconciliation (
    source  text    not null,
    month   text    not null,
    stated  integer not null,
    held    integer not null,
    missing text    not null default '',
    checked integer not null,
    primary key (source, month)
) strict, without rowid;
create index item_updated on item (source, updated);
