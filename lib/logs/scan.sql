-- Of exports too large to hold: the entries that can matter, picked in one pass over the files. `raw` is the files;
-- the condition on incidents is put in or false; `traces` and `slots` are small: our trace ids, and for each kind of
-- request of ours the slots of time, $slot_us long, in which an entry of it could lie.
with shaped as (
    select
        *,
        lower(right(trace, 32)) as trace_id,
        coalesce(http.requestMethod, http.request_method, http."method") as request_method,
        -- Plain text functions: a regular expression on every URL costs as much as reading the file.
        split_part(split_part(coalesce(http.requestUrl, http.request_url, http.url), '?', 1), '#', 1) as address,
        case when contains(address, '://') then split_part(address, '://', 2) else address end as rest,
        case strpos(rest, '/') when 0 then '/' else substr(rest, strpos(rest, '/')) end as request_path
    from raw
    where
        trace is not null
        or http is not null
        or {incidents}
)
select shaped.* exclude (trace_id, request_method, address, rest, request_path)
from shaped
where
    (trace is not null and trace_id in (select trace_id from traces))
    or (
        http is not null
        and concat_ws(' ', request_method, request_path, http.status, at_us // $slot_us)
            in (select concat_ws(' ', method, path, status, slot) from slots)
    )
    or {incidents}
limit $most
