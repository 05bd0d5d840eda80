-- DuckDB macros that the translator calls; each says which page of SQL Server's documentation it rests on.

-- An error of SQL Server's, number|message: a cast that fails, because error() is volatile and would bar an
-- expression from GROUP BY and PARTITION BY.
create macro t_fail(m) as cast(cast(m as integer) as varchar);

-- Latin1_General_CI_AS: case and trailing blanks do not count (Collation and Unicode support; ANSI padding in comparisons).
create macro t_key(x) as lower(rtrim(x, ' '));
-- The same collation in ORDER BY and <: punctuation before digits before letters.
create macro t_ranked(x) as translate(x, ' !"#$%&()*,./:;?@[\]^_`{|}~+<=>''-',
    e'\x03\x04\x05\x06\x07\x08\x0b\x0c\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f !"#$');
-- Hyphen and apostrophe do not count until all else is the same; then their places do (word sort of Windows collations).
create macro t_marks(x, start) as case when contains(x, '-') or contains(x, '''')
    then start || rtrim(translate(regexp_replace(x, '[^''-]', chr(4), 'g'), '''-', e'\x02\x03'), chr(4)) else '' end;
-- Nearly all codes are letters and digits and need no more. Accents come second: by the letters without them, then by the text itself, after a zero that is below all else.
create macro t_sort(x) as case when not regexp_matches(x, '[^0-9A-Za-z]') then lower(x)
    when strlen(x) = length(x) then t_ranked(lower(rtrim(x, ' '))) || t_marks(x, chr(0) || chr(0)) else
    t_ranked(translate(replace(replace(replace(replace(strip_accents(lower(rtrim(x, ' '))), 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th'),
    'øđłð', 'odld')) || chr(0) || translate(lower(rtrim(x, ' ')), '''-', '') || t_marks(x, chr(0)) end;
-- Binary values are padded with zeros when they are compared (binary and varbinary).
create macro t_binary_key(x) as regexp_replace(hex(x), '(00)+$', '');

-- Text and its bytes (cast of binary, HASHBYTES): as far as every code page has the same.
create macro t_bytes(x) as encode(case when x is null or strlen(x) = length(x) then x
    else t_fail('R|Bytes of a text with other characters than ASCII, which depend on the code page, are not made here.') end);
create macro t_byte_text(x) as case when x is null or regexp_full_match(hex(x), '([0-7][0-9A-F])*') then decode(x)
    else t_fail('R|Binary values that are no ASCII text are not read as text here. Use CONVERT with style 1 or 2.') end;

-- Whole numbers from text: blanks count as 0 (CAST and CONVERT), and so does a sign alone, which LEO has among its levels.
create macro t_integer(x) as try_cast(case when trim(x) in ('', '+', '-') then '0'
    when regexp_full_match(trim(x), '[+-]?[0-9]+') then trim(x) end as bigint);
create macro t_exact_text(x) as case when regexp_full_match(trim(x), '[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)') then trim(x) end;
create macro t_money_text(x) as case when trim(x) = '' then '0'
    when regexp_full_match(trim(x), '([+-]?[$£]?|[$£][+-]?)([0-9,]+[.]?[0-9]*|[.][0-9]+)') then regexp_replace(trim(x), '[$£,]', '', 'g') end;
create macro t_float_text(x) as case when trim(x) = '' then '0'
    when regexp_full_match(trim(x), '[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eEdD][+-]?[0-9]+)?') then replace(lower(trim(x)), 'd', 'e') end;
create macro t_bit_text(x) as case when lower(trim(x)) = 'true' then true when lower(trim(x)) = 'false' then false
    when trim(x) not in ('+', '-') and t_integer(x) is not null then t_integer(x) <> 0 end;

-- Two digits are a year of 1950 to 2049 (two digit year cutoff).
create macro t_century(x) as case when x < '50' then '20' else '19' end || x;
-- Month by name: year and month may stand first or last, and without a day it is the first (datetime, alphabetical format).
create macro t_named_date(x) as try_strptime(case
    when regexp_matches(x, '^[0-9]{1,2} [A-Za-z]+ [0-9]{4}( |$)') then regexp_replace(x, '^([0-9]+) ([A-Za-z]+) ([0-9]+)', '\3 \2 \1')
    when regexp_matches(x, '^[A-Za-z]+ [0-9]{1,2} [0-9]{4}( |$)') then regexp_replace(x, '^([A-Za-z]+) ([0-9]+) ([0-9]+)', '\3 \1 \2')
    when regexp_full_match(x, '[0-9]{1,2} [A-Za-z]+ [0-9]{2}( .*)?') then t_century(regexp_replace(x, '^([0-9]+) ([A-Za-z]+) ([0-9]+)', '\3 \2 \1'))
    when regexp_full_match(x, '[A-Za-z]+ [0-9]{1,2} [0-9]{2}( .*)?') then t_century(regexp_replace(x, '^([A-Za-z]+) ([0-9]+) ([0-9]+)', '\3 \1 \2'))
    when regexp_full_match(x, '[A-Za-z]+ [0-9]{4}') then regexp_replace(x, '^([A-Za-z]+) ([0-9]+)', '\2 \1 1')
    when regexp_full_match(x, '[A-Za-z]+ [0-9]{4} [0-9]{1,2}') then regexp_replace(x, '^([A-Za-z]+) ([0-9]+)', '\2 \1')
    when regexp_full_match(x, '[0-9]{4} [A-Za-z]+') then x || ' 1'
    when regexp_full_match(x, '[0-9]{1,2} [0-9]{4} [A-Za-z]+') then regexp_replace(x, '^([0-9]+) ([0-9]+) ([A-Za-z]+)', '\2 \3 \1')
    when regexp_full_match(x, '[0-9]{4} [0-9]{1,2} [A-Za-z]+') then regexp_replace(x, '^([0-9]+) ([0-9]+) ([A-Za-z]+)', '\1 \3 \2')
    else x end,
    ['%Y %b %d', '%Y %B %d', '%Y %b %d %H:%M', '%Y %B %d %H:%M', '%Y %b %d %H:%M:%S', '%Y %B %d %H:%M:%S', '%Y %b %d %I:%M%p', '%Y %B %d %I:%M%p', '%Y %b %d %I:%M:%S%p', '%Y %B %d %I:%M:%S%p']);
-- Dates from text, formats that mean the same in every language (Date and time types, supported string literal formats).
create macro t_iso(x) as case when trim(x) = '' then timestamp '1900-01-01'
    when regexp_matches(trim(x), '(^|[ T])24:') then null
    when trim(x) ilike '%m' and regexp_full_match(trim(x), '([0-9]{8}|[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2})?( ?[0-9]{1,2}(:[0-9.]+)*) ?[AaPp][Mm]')
        then try_strptime(regexp_replace(regexp_replace(trim(x), '^([0-9]{4})[-/.]?([0-9]{1,2})[-/.]?([0-9]{1,2}) ', '\1-\2-\3 '), ' ([AaPp][Mm])$', '\1'),
        ['%Y-%m-%d %I:%M%p', '%Y-%m-%d %I:%M:%S%p', '%Y-%m-%d %I:%M:%S.%f%p', '%Y-%m-%d %I%p', '%I:%M%p', '%I:%M:%S%p', '%I:%M:%S.%f%p', '%I%p'])
    when regexp_full_match(trim(x), '[0-9]{8}([ T].*)?')
        then try_cast(substr(trim(x), 1, 4) || '-' || substr(trim(x), 5, 2) || '-' || substr(trim(x), 7) as timestamp)
    when regexp_full_match(trim(x), '[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}([ T][0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,7})?)?)?')
        then try_cast(regexp_replace(regexp_replace(trim(x), '^([0-9]{4}).([0-9]+).([0-9]+)', '\1-\2-\3'), '([.][0-9]{6})[0-9]$', '\1') as timestamp)
    when regexp_full_match(trim(x), '[0-9]{4}') then try_cast(trim(x) || '-01-01' as timestamp)
    when regexp_full_match(trim(x), '[0-9]{6}') then try_strptime(t_century(trim(x)), '%Y%m%d')
    when regexp_full_match(trim(x), '[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,7})?)?') then try_cast('1900-01-01 ' || repeat('0', 3 - strpos(trim(x), ':')) || regexp_replace(trim(x), '([.][0-9]{6})[0-9]$', '\1') as timestamp)
    else t_named_date(regexp_replace(regexp_replace(regexp_replace(trim(x), '[ ,-]+', ' ', 'g'),
        '([0-9])([A-Za-z]{3})', '\1 \2'), '([A-Za-z]{3})([0-9])', '\1 \2')) end;
create macro t_cutoff(d, f) as case when contains(f, '%y') and date_part('year', d) > 2049 then d - to_years(100) else d end;
-- A year of two digits where the style has four, or the other way round, is not guessed.
create macro t_numeric_date(x, f) as case when regexp_full_match(trim(x), '[0-9]+[/.-][0-9]+[/.-][0-9]+.*')
        and contains(f, '%Y') <> (regexp_matches(trim(x), '(^|[/.-])[0-9]{4}($|[/.-]| )'))
    then t_fail('R|CONVERT of a date whose year has another number of digits than the style (' || x || ') is not run here.')::timestamp
    else t_cutoff(try_strptime(regexp_replace(trim(x), '[/.-]', '/', 'g'), [f, f || ' %H:%M', f || ' %H:%M:%S']), f) end;
-- Under SET DATEFORMAT dmy, datetime takes 2011-09-01 for the 9th of January; date and datetime2 do not.
create macro t_year_first_dmy(x) as case when regexp_full_match(trim(x), '[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}( .*)?')
    then regexp_replace(trim(x), '^([0-9]{4})(.)([0-9]{1,2}).([0-9]{1,2})', '\1\2\4\2\3') else x end;
-- A year of two digits is filled up where no style asks for four.
create macro t_full_year(x) as case when regexp_matches(trim(x), '^[0-9]{1,2}[/.-][0-9]{1,2}[/.-][0-9]{2}( |$)')
    then regexp_replace(trim(x), '^([0-9]+.[0-9]+.)([0-9]{2})', '\1' || case when regexp_extract(trim(x), '^[0-9]+.[0-9]+.([0-9])', 1) < '5' then '20' else '19' end || '\2')
    else x end;
create macro t_looks_date(x) as regexp_full_match(trim(x), '([0-9]{8}|[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4})([ T][^.+]*([.][0-9]{1,3})?)?');
-- money in style 1 has a comma after every three digits.
create macro t_thousands(x) as case when x like '-%' then '-' else '' end
    || format('{:,}', ltrim(split_part(x, '.', 1), '-')::bigint) || '.' || split_part(x, '.', 2);
create macro t_looks_numeric_date(x) as regexp_full_match(trim(x), '[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{2,4}( .*)?');
-- datetime is kept to 1/300 of a second, smalldatetime to a minute.
create macro t_datetime(x) as date_trunc('second', x) + to_milliseconds(
    (round(round((date_part('microsecond', x) % 1000000) / 1000000.0 * 300) / 300 * 1000))::bigint);
create macro t_minute(x) as date_trunc('minute', x + to_milliseconds(30001) - to_milliseconds(case when
    date_part('microsecond', x) <= 29998000 then 1 else 0 end));
create macro t_round_time(x, digits) as date_trunc('second', x) + to_microseconds(
    (round((date_part('microsecond', x) % 1000000) / 1000000.0, digits) * 1000000)::bigint);
-- CAST of datetime to text is style 0.
create macro t_month_text(x) as strftime(x, '%b ') || lpad(strftime(x, '%-d'), 2, ' ') || strftime(x, ' %Y');
create macro t_clock(x) as lpad(strftime(x, '%-I:%M%p'), 7, ' ');
-- float as text keeps six digits (float and real styles, 0).
create macro t_float(x) as case when isinf(x) then t_fail('8115|Arithmetic overflow error converting expression to data type float.') when x = 0 then '0' else
    regexp_replace(format('{:.6g}', x), 'e([+-])([0-9]{2})$', 'e\10\2') end;
create macro t_float16(x) as regexp_replace(format('{:.15e}', x), 'e([+-])([0-9]{2})$', 'e\10\2');

-- DATEPART and DATEDIFF count boundaries; a week begins on Sunday for DATEDIFF, whatever DATEFIRST is.
create macro t_weeks(a, b) as floor((date_diff('day', date '1970-01-04', b::date)) / 7.0)::int - floor((date_diff('day', date '1970-01-04', a::date)) / 7.0)::int;
create macro t_diff(n) as case when n between -2147483648 and 2147483647 then n::int when n is not null
    then t_fail('535|The datediff function resulted in an overflow. The number of dateparts separating two date/time instances is too large.')::int end;
create macro t_weekday(x, datefirst) as ((date_part('dow', x) + 7 - datefirst) % 7 + 1)::int;
create macro t_week(x, datefirst) as ((date_part('doy', x) + (date_part('dow', date_trunc('year', x)) + 7 - datefirst) % 7 - 1) // 7 + 1)::int;

-- float / 0 is an error, not infinity; NULL / 0 is NULL.
create macro t_quotient(q) as case when not isfinite(q) then t_fail('8134|Divide by zero error encountered.')::double else q end;

-- TOP, OFFSET and FETCH need a number, no less than the least one; PERCENT one up to 100 (TOP; ORDER BY clause).
create macro t_count(n, low, m) as case when n is null then t_fail('1060|The number of rows provided for a TOP or FETCH clauses row count parameter must be an integer.')::bigint
    when n < low then t_fail(m)::bigint else n end;
create macro t_percent(n, m) as case when n between 0 and 100 then n else t_fail(m)::double end;
-- Characters that take two places in UTF-16, where a collation has no _SC (Collation and Unicode support).
create macro t_pairs(x) as case when strlen(x) = length(x) then 0 else length(regexp_replace(x, '[^\x{10000}-\x{10FFFF}]', '', 'g')) end;
create macro t_pair_cut() as t_fail('R|Cutting or searching a text with characters beyond the first 65,536, such as emoji, is not run here.');
-- LEN leaves out trailing blanks; STR, STUFF, SUBSTRING and PATINDEX as on their pages.
create macro t_len(x) as (length(rtrim(x, ' ')) + t_pairs(x))::int;
create macro t_substring(x, a, n) as case when t_pairs(x) > 0 then t_pair_cut() when n < 0 then t_fail('537|Invalid length parameter passed to the substring function.')
    when a is not null and n is not null then substr(x, greatest(a, 1)::bigint, greatest(a::bigint + n - greatest(a, 1), 0)) end;
create macro t_left(x, n) as case when t_pairs(x) > 0 then t_pair_cut() when n < 0 then t_fail('536|Invalid length parameter passed to the left function.') else left(x, n::bigint) end;
create macro t_right(x, n) as case when t_pairs(x) > 0 then t_pair_cut() when n < 0 then t_fail('536|Invalid length parameter passed to the right function.') else right(x, n::bigint) end;
create macro t_stuff(x, a, n, y) as case when t_pairs(x) > 0 then t_pair_cut() when a < 1 or n < 0 or a > length(x) then null
    else left(x, (a - 1)::bigint) || coalesce(y, '') || substr(x, (a + n)::bigint) end;
-- The sharp s, the micro sign and the florin have no capital in Windows-1252.
create macro t_upper(x) as case when strlen(x) = length(x) then upper(x)
    else translate(upper(translate(x, 'ßµƒ', e'\x01\x02\x03')), e'\x01\x02\x03', 'ßµƒ') end;
-- POWER of a number below nought has no root.
create macro t_power(x, y) as case when x < 0 and y <> trunc(y) then t_fail('3623|An invalid floating point operation occurred.')::double else power(x, y) end;
-- LAG and LEAD look one way only.
create macro t_offset(n) as case when n < 0 then t_fail('8730|Offset parameter for Lag and Lead functions cannot be a negative value.')::bigint else n end;
-- STR gives up decimals that have no room, and rounds to those that are left.
create macro t_str_places(x, n, d) as greatest(0, least(coalesce(d, 0)::int, 16, n::int - 1 - length(printf('%.0f', trunc(x)))))::int;
create macro t_str_text(x, d) as printf('%.' || d::varchar || 'f', round(x, d::int));
create macro t_str_fit(y, n) as case when length(y) > n then repeat('*', n::bigint) else lpad(y, n::int, ' ') end;
create macro t_str(x, n, d) as case when n between 1 and 8000 and coalesce(d, 0) >= 0 then t_str_fit(t_str_text(x, t_str_places(x, n, d)), n) end;
create macro t_translate(x, a, b) as case when length(a) <> length(b) then
    t_fail('9828|The second and third arguments of the TRANSLATE built-in function must contain an equal number of characters.') else translate(x, a, b) end;
create macro t_charindex(y, x, start) as case when x is null or start is null then null when t_pairs(x) > 0 then t_pair_cut()::bigint when length(y) = 0 then 0 when strpos(substr(x, greatest(start, 1)::bigint), y) = 0 then 0
    else (strpos(substr(x, greatest(start, 1)::bigint), y) + greatest(start, 1) - 1)::int end;
create macro t_isnumeric(x) as case when x is not null and (regexp_full_match(trim(x), '([+-]?[$£]?|[$£][+-]?)([0-9][0-9,]*[.]?[0-9]*|[.][0-9]+)([eEdD][+-]?[0-9]+)?')
    or regexp_full_match(trim(x), '[+$£.,-]')) then 1 else 0 end;
create macro t_replace_ci(x, y, z) as case when length(y) = 0 then x else
    regexp_replace(x, '(?is)' || regexp_escape(y), replace(z, '\', '\\'), 'g') end;
-- STRING_AGG of what is no varchar(max) holds 8,000 bytes.
create macro t_joined(x, most) as case when length(x) > most then t_fail('9829|STRING_AGG aggregation result exceeded the limit of 8000 bytes. Use LOB types to avoid result truncation.') else x end;
create macro t_xml(x) as replace(replace(replace(x, '&', '&amp;'), '<', '&lt;'), '>', '&gt;');
-- ROUND of whole numbers at negative places, halves away from zero.
create macro t_round_int(x, d) as case when d >= 0 then x else
    (sign(x) * ((abs(x)::hugeint + (10 ** (-d))::hugeint // 2) // (10 ** (-d))::hugeint) * (10 ** (-d))::hugeint) end;
create macro t_cut_int(x, d) as case when d >= 0 then x else x::hugeint - x::hugeint % (10 ** (-d))::hugeint end;
-- DATEADD beyond the first and last moment of the type is an error.
create macro t_dated(x, kind, low, high) as case when x > high or x < low
    then t_fail('517|Adding a value to a ''' || kind || ''' column caused an overflow.')::timestamp else x end;
-- For the trap report: two answers are the same if they are equal, or equal to nine digits.
create macro t_differs(a, b) as a::varchar is distinct from b::varchar and not coalesce(
    abs(try_cast(a::varchar as double) - try_cast(b::varchar as double)) <= 1e-9 * abs(try_cast(b::varchar as double)), false);
