-- What a telling with a fenomeen is compared by, for as long as another telling of the same event can come.
create table sketch (
    item      integer primary key references item (id) on delete cascade,
    published integer not null,
    sketch    blob    not null
) strict;
create index sketch_age on sketch (published);
create table sketch_key (
    key  integer not null,
    item integer not null references item (id) on delete cascade,
    primary key (key, item)
) strict, without rowid;
create index sketch_key_item on sketch_key (item);

-- A story that proved to be another one's, and a telling that proved not to be its story's.
create table story_change (
    id         integer primary key,
    at         integer not null,
    kind       text    not null check (kind in ('merge', 'split')),
    item       integer not null,
    from_story integer not null,
    to_story   integer not null
) strict;
create index story_change_at on story_change (at);

-- How near an item is to ondermijning: the highest probability of any fenomeen. New topics are sought among what is near.
alter table verdict add column near real;

-- New topics that a person silenced or adopted, by their strongest term.
create table topic_choice (
    topic  text    primary key,
    choice text    not null check (choice in ('silenced', 'adopted')),
    who    text    not null,
    at     integer not null
) strict;
