{#-
The form of an organisation's name that two spellings share: case, accents, punctuation, `&` and `and`, a leading
`the` and trailing legal forms are dropped. A name made of nothing else keeps its lower-case form.
-#}
{% macro normalize_organization_name(name) -%}
    {%- set legal_forms -%}
    incorporated|inc|corporation|corp|company|co|limited|ltd|llc|llp|lllp|lp|pllc|plc|pc|pbc|apc|gmbh
    {%- endset -%}
    {%- set folded = "strip_accents(lower(" ~ name ~ "))" -%}
    {%- set joined = "regexp_replace(" ~ folded ~ ", '[.''’`]', '', 'g')" -%}
    {%- set spaced = "regexp_replace(" ~ joined ~ ", '[^\\p{L}\\p{N}]+', ' ', 'g')" -%}
    {%- set bare = "trim(regexp_replace(regexp_replace(' ' || " ~ spaced ~ " || ' ', '( and)+ ', ' ', 'g'), ' +', ' ', 'g'))" -%}
    {%- set titled = "regexp_replace(" ~ bare ~ ", '^the ', '')" -%}
    coalesce(
        nullif(trim(regexp_replace({{ titled }}, '( ({{ legal_forms }}))+$', '')), ''),
        nullif(trim({{ spaced }}), ''),
        lower(trim({{ name }}))
    )
{%- endmacro %}

{#- An EIN as nine digits, or null where it is blank, not nine digits long, or one digit repeated. -#}
{% macro normalize_ein(ein) -%}
    {%- set digits = "regexp_replace(" ~ ein ~ ", '[^0-9]', '', 'g')" -%}
    case
        when length({{ digits }}) = 9 and {{ digits }} <> repeat(left({{ digits }}, 1), 9) then {{ digits }}
    end
{%- endmacro %}
