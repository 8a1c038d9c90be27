-- Makes an id in the form of domain/ids.ts: a UUIDv7 of 128 bits, as 26 characters of 5 bits. Used by triggers.
create function new_public_id(prefix text) returns text language sql volatile as $$
  with uuid as (
    select ('x' || lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0')
      || '7' || substr(replace(gen_random_uuid()::text, '-', ''), 14))::bit(128) as bits
  )
  select prefix || '_' || string_agg(
    substr('0123456789abcdefghjkmnpqrstvwxyz',
      substring(b'00' || bits from 5 * place + 1 for 5)::bit(5)::integer + 1, 1), '' order by place)
  from uuid, generate_series(0, 25) as place
$$;
