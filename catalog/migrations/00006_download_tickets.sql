-- +goose Up
-- A selection that is too long for an address, and who may fetch it for a few minutes by the token alone.
create table download_tickets (
    token      text primary key,
    dataset_id uuid not null references datasets on delete cascade,
    user_id    uuid references users on delete cascade, -- null: nobody in particular
    paths      text[] not null,
    inline     boolean not null,
    expires_at timestamptz not null
);
create index on download_tickets (expires_at);
