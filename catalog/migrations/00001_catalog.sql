-- +goose Up
-- +goose StatementBegin
create extension if not exists postgis;

create table settings (
    key   text primary key,
    value text not null
);

create table users (
    id               uuid primary key default gen_random_uuid(),
    name             text not null unique,
    email            text,
    password_hash    text,                       -- null: signs in elsewhere
    token_generation integer not null default 1, -- tokens of an older generation are revoked
    metadata         jsonb not null default '{}',
    created_at       timestamptz not null default now()
);

create table roles (name text primary key);
insert into roles values ('admin'), ('deactivated');

create table user_roles (
    user_id uuid references users on delete cascade,
    role    text references roles on delete cascade,
    primary key (user_id, role)
);

create table organizations (
    id          uuid primary key default gen_random_uuid(),
    slug        text not null unique,
    name        text not null,
    description text,
    is_public   boolean not null default false,
    owner_id    uuid references users,           -- null: ownerless
    created_at  timestamptz not null default now()
);
create index on organizations (owner_id);

create table memberships (
    organization_id uuid references organizations on delete cascade,
    user_id         uuid references users on delete cascade,
    level           smallint not null check (level between 0 and 3),
    granted_at      timestamptz not null default now(),
    granted_by      text,
    primary key (organization_id, user_id)
);
create index on memberships (user_id);

create table datasets (
    id              uuid primary key default gen_random_uuid(),
    organization_id uuid not null references organizations on delete cascade,
    slug            text not null,
    created_at      timestamptz not null default now(),
    -- kept by the triggers below
    visibility      smallint not null default 0,
    entry_count     bigint not null default 0,
    size            bigint not null default 0,
    unique (organization_id, slug)
);

-- A file or a folder of a dataset. The bytes are in the blob store under their hash.
create table entries (
    dataset_id   uuid not null references datasets on delete cascade,
    path         text collate "C" not null,
    hash         text not null default '',       -- '' for folders
    type         smallint not null,
    properties   jsonb,
    mtime        bigint not null,                -- Unix seconds
    size         bigint not null default 0,      -- bytes
    depth        smallint not null,
    point_geom   geometry(PointZ, 4326),
    polygon_geom geometry(PolygonZ, 4326),
    primary key (dataset_id, path)
);
-- The children of a folder are a range of this index: its depth plus one, and paths that begin with it.
create index entries_by_depth on entries (dataset_id, depth, path);
create index entries_by_hash on entries (hash, dataset_id) where hash <> '';

create table metadata (
    id             uuid primary key default gen_random_uuid(),
    dataset_id     uuid not null references datasets on delete cascade,
    path           text collate "C" not null default '', -- '' for the dataset itself
    key            text collate "C" not null,
    data           json not null,                -- json, not jsonb: kept as it was written
    mtime          bigint not null,              -- Unix seconds
    made_by_server boolean not null default false
);
create index metadata_by_path on metadata (dataset_id, path, key);

-- What is derived from blobs, by the hash of all inputs, kind and builder version.
create table products (
    key        text primary key,
    kind       text not null,
    input      text not null,                    -- hash of the entry that it was first built for
    state      text not null check (state in ('pending', 'ready', 'failed')),
    error      text,
    updated_at timestamptz not null default now()
);

create index on products (input);

-- What the API shows of build jobs; the job queue is the engine behind it.
create table builds (
    id            bigint generated always as identity primary key,
    dataset_id    uuid not null references datasets on delete cascade,
    path          text not null,
    hash          text not null,
    product       text not null, -- stays in the history when the product is collected
    state         text not null check (state in ('Created', 'Enqueued', 'Scheduled', 'Processing', 'Succeeded', 'Failed', 'Deleted')),
    percent       smallint,
    error         text,
    created_at    timestamptz not null default now(),
    processing_at timestamptz,
    succeeded_at  timestamptz,
    failed_at     timestamptz,
    deleted_at    timestamptz
);
create index on builds (dataset_id, id desc);
create index builds_active on builds (product) where state in ('Created', 'Enqueued', 'Scheduled', 'Processing');

-- Running totals: nobody counts rows to answer a request.
create function count_entries() returns trigger language plpgsql as $$
begin
    if tg_op in ('INSERT', 'UPDATE') then
        update datasets d set entry_count = entry_count + n, size = d.size + s
        from (select dataset_id, count(*) filter (where path <> '') n, coalesce(sum(size), 0) s from after group by dataset_id) t where d.id = t.dataset_id;
    end if;
    if tg_op in ('DELETE', 'UPDATE') then
        update datasets d set entry_count = entry_count - n, size = d.size - s
        from (select dataset_id, count(*) filter (where path <> '') n, coalesce(sum(size), 0) s from before group by dataset_id) t where d.id = t.dataset_id;
    end if;
    return null;
end $$;
create trigger count_inserted after insert on entries referencing new table as after for each statement execute function count_entries();
create trigger count_updated after update on entries referencing old table as before new table as after for each statement execute function count_entries();
create trigger count_deleted after delete on entries referencing old table as before for each statement execute function count_entries();

-- The visibility is a metadata record; the column is a copy that permission checks read, however the record was written.
create function copy_visibility() returns trigger language plpgsql as $$
declare
    changed metadata := coalesce(new, old);
begin
    if changed.path = '' and changed.key = 'visibility' then
        update datasets set visibility = coalesce((
            select case when data::text in ('0', '1', '2') then data::text::smallint end
            from metadata where dataset_id = changed.dataset_id and path = '' and key = 'visibility' limit 1), 0)
        where id = changed.dataset_id;
    end if;
    return null;
end $$;
create trigger copy_visibility after insert or update or delete on metadata for each row execute function copy_visibility();

-- Every node forgets what it remembers when what it was made from changes.
create function announce_change() returns trigger language plpgsql as $$
begin
    perform pg_notify('cairn_changed', '');
    return null;
end $$;
-- +goose StatementEnd
-- +goose StatementBegin
do $$
declare
    t text;
begin
    foreach t in array array['users', 'user_roles', 'organizations', 'memberships', 'datasets', 'entries', 'metadata', 'products'] loop
        execute format('create trigger announce after insert or update or delete on %I for each statement execute function announce_change()', t);
    end loop;
end $$;
-- +goose StatementEnd
