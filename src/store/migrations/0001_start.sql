-- Times are whole seconds since 1970 in UTC; weeks are ISO weeks in Europe/Amsterdam, '2026-W40'; booleans are 0 and 1.

-- Where each source stands. A page of items and the cursor that says "done up to here" are written together.
create table source_state (
    source        text primary key,
    cursor        text    not null default '',
    pending       text,
    etag          text,
    last_modified text,
    first_polled  integer,
    last_polled   integer,
    last_ok       integer,
    last_new      integer,
    due           integer not null default 0,
    failures      integer not null default 0,
    problem       text
) strict;

create table item (
    id           integer primary key,
    source       text    not null,
    kind         text    not null,
    key          text    not null,
    revision     text    not null,
    version      integer not null default 1,
    title        text    not null,
    link         text,
    address      text,
    published    integer not null,
    dated        integer not null,
    updated      integer,
    first_seen   integer not null,
    week         text    not null,
    language     text    not null,
    text         text    not null,
    backfill     integer not null,
    withdrawn    integer not null default 0,
    judgment     text,
    content_hash text    not null,
    -- The first telling of the same event; its own id when it is the first.
    story        integer not null default 0,
    unique (source, key)
) strict;
create index item_week on item (week, kind);
create index item_story on item (story);
create index item_seen on item (first_seen);
create index item_address on item (address) where address is not null;

-- Bands of the MinHash signatures, to find near copies.
create table band (
    key  integer not null,
    item integer not null references item (id) on delete cascade,
    primary key (key, item)
) strict, without rowid;
create index band_item on band (item);

-- Which model judged an item; its labels stand beside it, only those that are not "nee".
create table verdict (
    item  integer not null references item (id) on delete cascade,
    model text    not null,
    primary key (item, model)
) strict, without rowid;

create table item_fenomeen (
    item     integer not null references item (id) on delete cascade,
    model    text    not null,
    fenomeen text    not null,
    p        real    not null,
    outcome  text    not null check (outcome in ('ja', 'twijfel')),
    primary key (item, model, fenomeen)
) strict, without rowid;

-- The three axes that rules decide.
create table item_axis (
    item  integer not null references item (id) on delete cascade,
    axis  text    not null check (axis in ('gebied', 'instrument', 'branche')),
    value text    not null,
    place integer not null,
    primary key (item, axis, value)
) strict, without rowid;

-- Sentences that point at a gap in the law.
create table knelpunt (
    id        integer primary key,
    item      integer not null references item (id) on delete cascade,
    bwb       text    not null,
    law       text    not null,
    article   text    not null,
    sentence  text    not null,
    paragraph text    not null,
    family    text    not null
) strict;
create index knelpunt_item on knelpunt (item);
create index knelpunt_law on knelpunt (bwb, article);

create table rejection (
    source     text    not null,
    key        text    not null,
    revision   text    not null,
    why        text    not null,
    first_seen integer not null,
    last_seen  integer not null,
    times      integer not null default 1,
    primary key (source, key, revision)
) strict, without rowid;

-- Mail that must go out. The key says what a message is about: the same key is never queued twice for one recipient.
create table outbox (
    id          integer primary key,
    message_id  text    not null unique,
    product     text    not null,
    key         text    not null,
    recipient   text    not null,
    subject     text    not null,
    text        text    not null,
    html        text    not null,
    composed    integer not null,
    state       text    not null check (state in ('queued', 'sent', 'failed')),
    attempts    integer not null default 0,
    next_try    integer not null,
    holder      text,
    held_until  integer not null default 0,
    sent        integer,
    receipt     text,
    problem     text,
    unique (key, recipient)
) strict;
create index outbox_next on outbox (state, next_try);

-- A week that was watched, with the findings as they were known then.
create table watch (
    week     text    primary key,
    watched  integer not null,
    model    text    not null,
    findings text    not null
) strict;

create table signal (
    id      integer primary key,
    key     text    not null unique,
    state   text    not null check (state in ('drafted', 'reviewed', 'issued', 'dropped')),
    draft   text    not null,
    created integer not null,
    updated integer not null
) strict;

create table signal_step (
    signal     integer not null references signal (id) on delete cascade,
    at         integer not null,
    from_state text    not null,
    to_state   text    not null,
    who        text    not null
) strict;

-- Who polls which source and who sends: a claim in the store, so that several workers can share one store.
create table lease (
    name   text    primary key,
    holder text    not null,
    until  integer not null
) strict;
