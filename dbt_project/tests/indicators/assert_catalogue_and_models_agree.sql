-- Each indicator of the catalogue has a model in the list of indicator_evidence, an input and a value
-- for the total; each model has a row in the catalogue. Fails with each indicator that lacks one.
{%- set listed = [] %}
{%- if execute %}
{%- for node in graph.nodes.values() if node.resource_type == "model" and node.name.startswith("ind_") %}
{%- do listed.append(node.name[4:]) %}
{%- endfor %}
{%- endif %}
with

models as (
    select unnest(cast({{ listed }} as varchar[])) as indicator_key
),

catalogue as (
    select distinct indicator_key from {{ ref("indicator_catalogue") }}
),

inputs as (
    select distinct indicator_key from {{ ref("indicator_inputs") }}
),

-- Those in force on the day: a row of the catalogue may apply from later on.
in_force as (
    select indicator_key from {{ ref("dim_indicator") }}
),

totals as (
    select indicator_key
    from {{ ref("indicator_values") }}
    where sector = 'all' and period_type = 'to_date'
),

lacking as (
    select
        indicator_key,
        'model' as lacks
    from catalogue
    where indicator_key not in (select models.indicator_key from models)
    union all
    select
        indicator_key,
        'catalogue row' as lacks
    from models
    where indicator_key not in (select catalogue.indicator_key from catalogue)
    union all
    select
        indicator_key,
        'input' as lacks
    from catalogue
    where indicator_key not in (select inputs.indicator_key from inputs)
    union all
    select
        indicator_key,
        'value' as lacks
    from in_force
    where indicator_key not in (select totals.indicator_key from totals)
)

select *
from lacking
