{#-
The form of an organisation's name that two spellings share: case, accents, width, punctuation, `&` and `and`, a leading
or trailing `the`, and trailing legal forms are dropped. A name made of nothing else keeps its lower-case form.
Nothing else is: a trade name (dba), an abbreviation or a letter that differs is for `organization_review`.
-#}
{% macro normalize_organization_name(name) -%}
    {%- set legal_forms -%}
    (?:an? california )?(?:non ?profit )?(?:public benefit )?(?:professional )?(?:incorporated|inc|corporation|corp)
    |limited liability (?:company|co|partnership)|limited partnership|(?:a )?public benefit corporation
    |company|co|limited|ltd|l ?l ?c|l ?l ?p|lllp|l ?p|p ?l ?l ?c|plc|p ?c|pbc|apc|gmbh
    {%- endset -%}
    {%- set forms = legal_forms | replace("\n", "") | replace("    ", "") -%}
    {%- set wide = "ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ０１２３４５６７８９．，＆" -%}
    {%- set narrow = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.,&" -%}
    {%- set folded = "strip_accents(lower(translate(" ~ name ~ ", '" ~ wide ~ "', '" ~ narrow ~ "')))" -%}
    {%- set joined = "regexp_replace(" ~ folded ~ ", '[.''’‘`´ʼʻ]', '', 'g')" -%}
    {%- set spaced = "regexp_replace(" ~ joined ~ ", '[^\\p{L}\\p{N}]+', ' ', 'g')" -%}
    {%- set bare = "trim(regexp_replace(regexp_replace(' ' || " ~ spaced ~ " || ' ', '( and)+ ', ' ', 'g'), ' +', ' ', 'g'))" -%}
    {%- set titled = "regexp_replace(regexp_replace(" ~ bare ~ ", ' the$', ''), '^the ', '')" -%}
    coalesce(
        nullif(trim(regexp_replace({{ titled }}, '( ({{ forms }}))+$', '')), ''),
        nullif(trim({{ spaced }}), ''),
        lower(trim({{ name }}))
    )
{%- endmacro %}

{#- The part of a name before (1) or after (3) `dba`, in any of its spellings; null where the name has none. -#}
{% macro trade_name_part(name, part) -%}
    nullif(trim(regexp_extract(
        {{ name }}, '(?i)^(.+?)[ ,(]+(d/b/a|d\.b\.a\.?|dba|doing business as)[ :]+([^)]+)', {{ part }}
    )), '')
{%- endmacro %}

{#- An EIN as nine digits, or null where it is blank, not nine digits long, or one digit repeated. -#}
{% macro normalize_ein(ein) -%}
    {%- set digits = "regexp_replace(" ~ ein ~ ", '[^0-9]', '', 'g')" -%}
    case
        when length({{ digits }}) = 9 and {{ digits }} <> repeat(left({{ digits }}, 1), 9) then {{ digits }}
    end
{%- endmacro %}
