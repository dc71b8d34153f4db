-- +goose Up
-- +goose StatementBegin

-- The ids of records come from clients as well. They are opaque text there, and one record may be in several datasets: in every
-- copy that was pushed or imported.
alter table metadata drop constraint metadata_pkey;
alter table metadata alter column id drop default;
alter table metadata alter column id type text collate "C" using id::text;
alter table metadata alter column id set default gen_random_uuid()::text;
alter table metadata add primary key (dataset_id, id);

-- When a dataset's content or metadata last changed.
alter table datasets add column changed_at timestamptz not null default now();
update datasets set changed_at = created_at;

create or replace function count_entries() returns trigger language plpgsql as $$
begin
    if tg_op in ('INSERT', 'UPDATE') then
        update datasets d set entry_count = entry_count + n, size = d.size + s, changed_at = now()
        from (select dataset_id, count(*) filter (where path <> '') n, coalesce(sum(size), 0) s from after group by dataset_id) t where d.id = t.dataset_id;
    end if;
    if tg_op in ('DELETE', 'UPDATE') then
        update datasets d set entry_count = entry_count - n, size = d.size - s, changed_at = now()
        from (select dataset_id, count(*) filter (where path <> '') n, coalesce(sum(size), 0) s from before group by dataset_id) t where d.id = t.dataset_id;
    end if;
    return null;
end $$;

create function note_metadata_change() returns trigger language plpgsql as $$
begin
    if tg_op in ('INSERT', 'UPDATE') then
        update datasets set changed_at = now() where id in (select dataset_id from after);
    end if;
    if tg_op in ('DELETE', 'UPDATE') then
        update datasets set changed_at = now() where id in (select dataset_id from before);
    end if;
    return null;
end $$;
create trigger note_inserted after insert on metadata referencing new table as after for each statement execute function note_metadata_change();
create trigger note_updated after update on metadata referencing old table as before new table as after for each statement execute function note_metadata_change();
create trigger note_deleted after delete on metadata referencing old table as before for each statement execute function note_metadata_change();

-- Files at the root by name in any case: a dataset's thumbnail is found among a million files.
create index entries_at_root on entries (dataset_id, lower(path)) where depth = 0;
-- +goose StatementEnd
