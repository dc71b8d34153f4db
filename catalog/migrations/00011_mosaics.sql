-- +goose Up
-- The rasters that a tile touches are found by where they lie.
create index entries_rasters on entries using gist (polygon_geom) where type = 4;

-- The overview of a dataset's rasters: one picture of them all, for low zooms.
create table overviews (
    dataset_id uuid primary key references datasets on delete cascade,
    revision   bigint not null,          -- of the dataset when it was last asked for
    key        text,                     -- of the picture in the store; null: there is none
    zoom       smallint,                 -- of its full resolution
    made_at    timestamptz not null default now()
);
create index on overviews (key) where key is not null;

-- What the overview of a dataset shows. Rasters that came or went since are told from it.
create table overview_rasters (
    dataset_id uuid not null references overviews on delete cascade,
    hash       text not null,
    taken      numeric not null,         -- decides which lies on top
    area       geometry(PolygonZ, 4326) not null
);
create index on overview_rasters (dataset_id);
create trigger announce after insert or update or delete on overviews for each statement execute function announce_change();
