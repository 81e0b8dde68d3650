-- Which entries may belong to which exchange. One text for every engine; moments are whole microseconds, so that no
-- engine's time type matters. `clock` is one row: the bounds of the servers' clock minus ours, and what may be concluded.
with traced as (
    select x.exchange_id, e.log_name, e.insert_id, e.layer
    from exchanges as x
    join entries as e on e.trace_id = x.trace_id
),
answered as (select distinct exchange_id from traced),
taken as (select distinct log_name, insert_id from traced),
near as (
    select
        x.exchange_id, e.log_name, e.insert_id, e.layer,
        e.start_us as entry_us, e.start_us - x.start_us as delta_us,
        case when e.status = 101 then 0 else e.end_us - x.end_us end as end_delta_us,
        case when e.status = 101 or e.end_us <= x.end_us + c.high_us then 0 else 1 end as is_late
    from exchanges as x
    cross join clock as c
    join entries as e
        on e.method = x.method and e.path = x.path and e.status = x.status
        and e.start_us >= x.start_us + c.low_us
        and e.start_us <= x.end_us + c.high_us
        and (x.user_agent is null or e.user_agent is null or x.user_agent = e.user_agent)
        and (e.trace_id is null or x.trace_id is null or c.traces_travel = 0)
    left join answered as a on a.exchange_id = x.exchange_id
    left join taken as t on t.log_name = e.log_name and t.insert_id = e.insert_id
    where c.joins_windows = 1 and a.exchange_id is null and t.insert_id is null
),
counted as (
    select
        exchange_id, log_name, insert_id, layer, entry_us, delta_us, end_delta_us, is_late,
        count(*) over (partition by exchange_id, log_name) as rivals,
        count(*) over (partition by log_name, insert_id) as claimants,
        row_number() over (partition by exchange_id, log_name order by abs(delta_us) nulls first, insert_id nulls first) as place
    from near
)
select
    exchange_id, 'trace' as how, log_name, insert_id, layer,
    0 as entry_us, 0 as delta_us, 0 as end_delta_us, 0 as is_late, 1 as rivals, 1 as claimants
from traced
union all
select exchange_id, 'window' as how, log_name, insert_id, layer, entry_us, delta_us, end_delta_us, is_late, rivals, claimants
from counted
where place <= 200
order by exchange_id nulls first, log_name nulls first, insert_id nulls first
