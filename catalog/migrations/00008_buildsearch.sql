-- +goose Up
-- A product of another version of its builder is not the one that is wanted.
alter table products add column version text not null default '';

-- The entries that something is built from are few among many photos: the search for those that lack it reads them alone.
create index entries_buildable on entries (type, hash) where type in (4, 5, 11, 14, 15, 16);
