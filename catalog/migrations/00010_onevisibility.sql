-- +goose Up
-- +goose StatementBegin

-- A push may bring several records of a dataset's visibility. The one that counts is the one that is shown.
create or replace function copy_visibility() returns trigger language plpgsql as $$
declare
    changed metadata := coalesce(new, old);
begin
    if changed.path = '' and changed.key = 'visibility' then
        update datasets set visibility = coalesce((
            select case when btrim(data::text, E' \t\r\n') in ('0', '1', '2') then data::text::smallint end
            from metadata where dataset_id = changed.dataset_id and path = '' and key = 'visibility' order by mtime desc, id desc limit 1), 0)
        where id = changed.dataset_id;
    end if;
    return null;
end $$;
-- +goose StatementEnd
