-- What a person said of an item's fenomenen: never overwritten; the answers of an item are its acts in order of time.
create table correction (
    id       integer primary key,
    -- None where it was imported and the item is not held.
    item     integer references item (id) on delete cascade,
    source   text    not null,
    key      text    not null,
    who      text    not null,
    at       integer not null,
    model    text    not null,
    title    text    not null,
    text     text    not null,
    -- JSON lists of fenomenen: said to apply, said not to apply, and those about which nothing is known.
    yes      text    not null,
    no       text    not null,
    open     text    not null,
    unique (source, key, who, at)
) strict;
create index correction_item on correction (item);

-- The words that carried a label, as JSON: spans of title and text. An answer that a person gave has no words.
alter table item_fenomeen add column why text not null default '[]';
alter table item_fenomeen add column person integer not null default 0;

-- Share of the different words of the item that the model had never read.
alter table verdict add column unknown real;
create index verdict_model on verdict (model);
