-- +goose Up
-- +goose StatementBegin

-- Counts the changes of a dataset's entries and metadata.
alter table datasets add column revision bigint not null default 0;

create or replace function count_entries() returns trigger language plpgsql as $$
begin
    if tg_op in ('INSERT', 'UPDATE') then
        update datasets d set entry_count = entry_count + n, size = d.size + s, changed_at = now(), revision = revision + 1
        from (select dataset_id, count(*) filter (where path <> '') n, coalesce(sum(size), 0) s from after group by dataset_id) t where d.id = t.dataset_id;
    end if;
    if tg_op in ('DELETE', 'UPDATE') then
        update datasets d set entry_count = entry_count - n, size = d.size - s, changed_at = now(), revision = revision + 1
        from (select dataset_id, count(*) filter (where path <> '') n, coalesce(sum(size), 0) s from before group by dataset_id) t where d.id = t.dataset_id;
    end if;
    return null;
end $$;

create or replace function note_metadata_change() returns trigger language plpgsql as $$
begin
    if tg_op in ('INSERT', 'UPDATE') then
        update datasets set changed_at = now(), revision = revision + 1 where id in (select dataset_id from after);
    end if;
    if tg_op in ('DELETE', 'UPDATE') then
        update datasets set changed_at = now(), revision = revision + 1 where id in (select dataset_id from before);
    end if;
    return null;
end $$;

-- A push: a stamp that a dataset is to have, and what has been sent for it. It
-- becomes the dataset at commit, all at once.
create table pushes (
    token           text primary key,
    user_id         uuid not null references users on delete cascade,
    organization_id uuid not null references organizations on delete cascade,
    slug            text not null,
    dataset_id      uuid references datasets on delete cascade, -- null: there was none
    checksum        text not null,              -- of the stamp that is pushed
    based_on        text not null,              -- checksum of the dataset's stamp when the push began
    revision        bigint not null default 0,  -- of the dataset when the push began
    committed       boolean not null default false,
    started_at      timestamptz not null default now(),
    last_active_at  timestamptz not null default now()
);
create index on pushes (dataset_id);
create index on pushes (user_id);
create index on pushes (last_active_at);

-- The entries of the stamp, with what is known of those that are to be added.
create table push_entries (
    push         text not null references pushes on delete cascade,
    path         text collate "C" not null,
    hash         text not null,                  -- '' for folders
    added        boolean not null default false, -- the dataset has no such entry
    type         smallint,                       -- null: not looked at yet
    properties   jsonb,
    mtime        bigint,                         -- Unix seconds; null: now
    point_geom   geometry(PointZ, 4326),
    polygon_geom geometry(PolygonZ, 4326),
    primary key (push, path)
);
create index on push_entries (push, hash) where added;

-- The contents that the push has: sent for it, or held where the user may read them.
create table push_contents (
    push text not null references pushes on delete cascade,
    hash text not null,
    size bigint not null,                        -- bytes
    sent boolean not null,
    primary key (push, hash)
);
create index on push_contents (hash);

-- The records of the stamp. Those that the dataset lacks are needed, and have a key once they were sent.
create table push_records (
    push   text not null references pushes on delete cascade,
    id     text collate "C" not null,
    needed boolean not null default false,
    path   text collate "C",
    key    text collate "C",
    data   json,
    mtime  bigint,
    primary key (push, id)
);

-- What was shared is looked at when it comes, so that a commit only copies rows.
alter table share_entries add column properties jsonb;
alter table share_entries add column mtime bigint not null default extract(epoch from now())::bigint;
alter table share_entries add column point_geom geometry(PointZ, 4326);
alter table share_entries add column polygon_geom geometry(PolygonZ, 4326);

-- A batch can be looked at after the dataset that was made for it is gone.
alter table share_batches alter column dataset_id drop not null;
alter table share_batches drop constraint share_batches_dataset_id_fkey;
alter table share_batches add foreign key (dataset_id) references datasets on delete set null;

-- A file that is shared in chunks, and the chunks that came; each is kept like a file.
create table share_files (
    batch   text not null references share_batches on delete cascade,
    file_id text not null,                       -- the client's name for it
    path    text not null,
    size    bigint not null,                     -- bytes, of the whole
    chunks  integer not null,
    primary key (batch, file_id)
);
create table share_chunks (
    batch    text not null,
    file_id  text not null,
    position integer not null,                   -- from 0
    hash     text not null,
    size     bigint not null,                    -- bytes
    primary key (batch, file_id, position),
    foreign key (batch, file_id) references share_files on delete cascade
);
create index on share_chunks (hash);

-- The contents that something needs: none of them may be removed from the store.
create view named_hashes as
    select hash from entries where hash <> ''
    union all select hash from push_contents
    union all select hash from share_chunks
    union all select e.hash from share_entries e join share_batches b on b.token = e.batch where b.status = 0;
-- +goose StatementEnd
