-- +goose Up
-- +goose StatementBegin

-- The folders below a folder ('' for the root) that have content but no row of their own, some of them more than once: its
-- direct children, or all. It jumps from folder to folder instead of reading what is in them.
create function implied_folders(dataset uuid, folder text, everywhere boolean) returns setof text language plpgsql stable rows 10 as $$
declare
    inside    text := case when folder = '' then '' else folder || '/' end;
    beyond    text := case when folder = '' then repeat(chr(1114111), 501) else folder || '0' end;
    level     integer := length(inside) - length(replace(inside, '/', '')); -- depth of its children
    deep      smallint := level;
    place     text;
    content   text;
    candidate text;
begin
    loop
        select min(e.depth) into deep from entries e where e.dataset_id = dataset and e.depth > deep;
        exit when deep is null;
        place := inside;
        loop
            select e.path into content from entries e
            where e.dataset_id = dataset and e.depth = deep and e.path >= place and e.path < beyond order by e.path limit 1;
            exit when not found;
            candidate := array_to_string((string_to_array(content, '/'))[1:case when everywhere then deep else level + 1 end], '/');
            place := candidate || '0'; -- behind everything in it
            while length(candidate) > length(inside) and not exists (select from entries e where e.dataset_id = dataset and e.path = candidate) loop
                return next candidate;
                candidate := regexp_replace(candidate, '/?[^/]*$', '');
            end loop;
        end loop;
    end loop;
end $$;
-- +goose StatementEnd
