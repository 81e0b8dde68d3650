-- Of exports too large to hold: the entries that can matter, picked in one pass over the files. `raw` is the files;
-- the condition on incidents is put in or false; `traces` and `slots` are small: our trace ids, and for each kind of
-- request of ours the slots of time, $slot_us long, in which an entry of it could lie.
with near as (
    -- Most requests lie in no slot, and their URLs need no look: that look costs more than all else but reading.
    select
        *,
        case when http is not null and at_us // $slot_us in (select slot from slots) then at_us // $slot_us end as slot
    from raw
    where
        trace is not null
        or http is not null
        or {incidents}
),
shaped as (
    select
        *,
        lower(right(trace, 32)) as trace_id,
        coalesce(http.requestMethod, http.request_method, http."method") as request_method,
        -- Plain text functions: a regular expression on every URL costs as much as reading the file.
        case when slot is not null then coalesce(http.requestUrl, http.request_url, http.url) end as url,
        split_part(split_part(url, '?', 1), '#', 1) as address,
        case when contains(address, '://') then split_part(address, '://', 2) else address end as rest,
        case strpos(rest, '/') when 0 then '/' else substr(rest, strpos(rest, '/')) end as request_path
    from near
)
select shaped.* exclude (slot, trace_id, request_method, url, address, rest, request_path)
from shaped
where
    (trace is not null and trace_id in (select trace_id from traces))
    or case when slot is not null then concat_ws(' ', request_method, request_path, http.status, slot) end
        in (select concat_ws(' ', method, path, status, slot) from slots)
    or {incidents}
limit $most
