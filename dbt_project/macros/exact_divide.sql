{#-
Divides two numbers exactly and rounds half up to `scale` decimals; gives DECIMAL(38, scale).

DuckDB divides decimals in binary floating point, which cannot hold 20.15. So both sides are scaled to whole numbers
(hugeint, millionths) and the quotient is floor((2n + d) / 2d), which is exact.

  numerator     SQL expression, a whole number or a decimal of at most six decimals, 0 or more
  denominator   the same, above 0
A null on either side, or a denominator of 0, gives null.
-#}
{% macro exact_divide(numerator, denominator, scale=6) -%}
    {%- set n = "cast(cast(" ~ numerator ~ " as decimal(30, 6)) * 1000000 as hugeint)" -%}
    {%- set d = "cast(cast(" ~ denominator ~ " as decimal(30, 6)) * 1000000 as hugeint)" -%}
    cast(
        cast((2 * {{ n }} * {{ 10 ** scale }} + {{ d }}) // (2 * {{ d }}) as decimal(38, 0))
        * {{ "1" if scale == 0 else "0." ~ "0" * (scale - 1) ~ "1" }} as decimal(38, {{ scale }})
    )
{%- endmacro %}
