-- +goose Up
-- A share: files that one user stages for a dataset and that become its entries at commit, all at once.
create table share_batches (
    token          text primary key,
    user_id        uuid not null references users on delete cascade,
    dataset_id     uuid not null references datasets on delete cascade,
    made_dataset   boolean not null default false, -- the dataset goes with a batch that ends without commit, if nothing else is in it
    status         smallint not null default 0 check (status between 0 and 2), -- 0 running, 1 committed, 2 rolled back
    started_at     timestamptz not null default now(),
    ended_at       timestamptz,
    last_active_at timestamptz not null default now()
);
create index on share_batches (dataset_id);
create index on share_batches (user_id);

create table share_entries (
    batch    text not null references share_batches on delete cascade,
    path     text collate "C" not null,
    hash     text not null,
    size     bigint not null,                      -- bytes
    type     smallint not null,
    added_at timestamptz not null default now(),
    primary key (batch, path)
);
create index on share_entries (hash);
