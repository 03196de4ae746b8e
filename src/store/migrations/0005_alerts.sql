-- A story that met a rule, per recipient, for ever: this row is what keeps it from being told twice. What waits, for the end of
-- quiet hours, for its hour, day or week, or for the collected mail of a full day, waits here and nowhere else.
create table alert (
    rule      text    not null,
    story     integer not null,
    recipient text    not null,
    -- The telling that met the rule first.
    item      integer not null,
    found     integer not null,
    due       integer not null,
    -- 1: the day was full, it goes with the collected mail.
    over      integer not null default 0,
    state     text    not null check (state in ('waiting', 'told', 'dropped')),
    -- The outbox key of the mail that told it, and when that was queued; why it was dropped.
    mail      text,
    told      integer,
    why       text,
    -- What counted, as it was then: the fenomeen that was surest, and the words of the rule as a JSON list.
    fenomeen  text,
    p         real,
    words     text    not null default '[]',
    primary key (rule, story, recipient)
) strict, without rowid;
create index alert_due on alert (state, due);
create index alert_story on alert (story);

-- Attenderingen that went out before this table was there. Their key is 'attendering-<rule>-<story>'.
insert into alert (rule, story, recipient, item, found, due, state, mail, told)
select substr(rtrim(key, '0123456789'), 13, length(rtrim(key, '0123456789')) - 13),
       cast(substr(key, length(rtrim(key, '0123456789')) + 1) as integer), recipient,
       cast(substr(key, length(rtrim(key, '0123456789')) + 1) as integer), composed, composed, 'told', key, composed
from outbox
where product = 'attendering' and key <> rtrim(key, '0123456789') and length(rtrim(key, '0123456789')) > 13
on conflict do nothing;

-- The rule behind a mail, so that its recipient can stop that one alone.
alter table outbox add column rule text not null default '';
update outbox set rule = (select a.rule from alert a where a.mail = outbox.key and a.recipient = outbox.recipient limit 1)
where exists (select 1 from alert a where a.mail = outbox.key and a.recipient = outbox.recipient);

-- Who gets what, with the token that stops it; a stop stays for ever. An empty rule is the product as a whole.
create table subscription (
    address text    not null,
    product text    not null,
    rule    text    not null default '',
    token   text    not null unique,
    since   integer not null,
    stopped integer,
    primary key (address, product, rule)
) strict, without rowid;
