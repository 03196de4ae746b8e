-- Pictures of a mail that waits: they stand beside it and leave with it as parts of their own.
create table outbox_image (
    message integer not null references outbox (id) on delete cascade,
    place   integer not null,
    name    text    not null,
    png     blob    not null,
    primary key (message, place)
) strict, without rowid;

-- The composed digest of a watched week as JSON: what was known and told then. Empty for weeks watched before this.
alter table watch add column digest text not null default '';
