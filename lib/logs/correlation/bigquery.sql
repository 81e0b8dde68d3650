-- What correlate.sql calls exchanges, clock and entries, on a Log Analytics linked data set: the entries stay where they are.
-- GoogleSQL, not translated. {table} is the view of the log bucket; the rest comes as query parameters.
with given as (select parse_json(@given) as document),
exchanges as (
    select
        json_value(row, '$.exchange_id') as exchange_id, json_value(row, '$.trace_id') as trace_id, json_value(row, '$.method') as method,
        json_value(row, '$.path') as path, safe_cast(json_value(row, '$.status') as int64) as status,
        json_value(row, '$.user_agent') as user_agent, safe_cast(json_value(row, '$.start_us') as int64) as start_us,
        safe_cast(json_value(row, '$.end_us') as int64) as end_us
    from given cross join unnest(json_query_array(document, '$.exchanges')) as row
),
clock as (
    select
        safe_cast(json_value(document, '$.clock.low_us') as int64) as low_us,
        safe_cast(json_value(document, '$.clock.high_us') as int64) as high_us,
        safe_cast(json_value(document, '$.clock.traces_travel') as int64) as traces_travel,
        safe_cast(json_value(document, '$.clock.joins_windows') as int64) as joins_windows
    from given
),
raw_entries as (
    select
        coalesce(log_name, '') as log_name, insert_id, resource.type as resource_type, trace, http_request,
        unix_micros(timestamp) as start_us, to_json_string(http_request.latency) as latency
    from `{table}`
    where timestamp between timestamp_micros(@from_us) and timestamp_micros(@to_us)
),
entries as (
    select
        log_name, insert_id, lower(regexp_extract(trace, r'([0-9a-fA-F]{32})$')) as trace_id,
        http_request.request_method as method, http_request.status as status, nullif(http_request.user_agent, '') as user_agent,
        case
            when http_request.request_url not like '%://%' then regexp_extract(http_request.request_url, r'^[^?#]*')
            else coalesce(nullif(regexp_extract(http_request.request_url, r'://[^/?#]*([^?#]*)'), ''), '/')
        end as path,
        case
            when resource_type in ('http_load_balancer', 'internal_http_lb_rule') then 'edge'
            when log_name like '%run.googleapis.com%requests' or log_name like '%varlog%system' then 'platform'
            else 'application'
        end as layer,
        start_us,
        start_us + coalesce(
            safe_cast(json_value(latency, '$.seconds') as int64) * 1000000
                + div(coalesce(safe_cast(json_value(latency, '$.nanos') as int64), 0), 1000),
            safe_cast(safe_cast(rtrim(json_value(latency, '$'), 's') as float64) * 1000000 as int64),
            0
        ) as end_us
    from raw_entries
    where log_name not like '%cloudaudit%'
)
