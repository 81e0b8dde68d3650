-- Of exports too large to hold: the entries that can matter, picked in one pass over the files. `raw` is the files;
-- the condition on incidents is put in or false; `traces` and `seconds` are small: our trace ids, and for each kind of
-- request of ours the seconds in which an entry of it could lie.
with shaped as (
    select
        *,
        lower(right(trace, 32)) as trace_id,
        coalesce(http.requestMethod, http.request_method, http."method") as request_method,
        coalesce(
            nullif(regexp_extract(coalesce(http.requestUrl, http.request_url, http.url), '^(?:[^/?#]*//[^/?#]*)?([^?#]*)', 1), ''), '/'
        ) as request_path,
        try_cast(http.status as bigint) as request_status
    from raw
    where
        trace is not null
        or http is not null
        or {incidents}
)
select shaped.* exclude (trace_id, request_method, request_path, request_status)
from shaped
where
    (trace is not null and trace_id in (select trace_id from traces))
    or (
        http is not null
        and (request_method, request_path, request_status, at_us // 1000000) in (select (method, path, status, second) from seconds)
    )
    or {incidents}
limit $most
