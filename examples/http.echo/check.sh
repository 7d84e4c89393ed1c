#!/usr/bin/env bash
# What examples/http.echo promises, against a running suite. Needs bash and curl.
set -euo pipefail
base="http://127.0.0.1:${PORT:-7115}"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

fail() { echo "http.echo: $*" >&2; cat "$work"/head "$work"/body >&2 2>/dev/null || true; exit 1; }
ask() { curl -sS -m 20 -o "$work/body" -D "$work/head" -w '%{http_code}' "$@"; }
header() { sed -n "s/^$1: *//pi" "$work/head" | tr -d '\r'; }

for version in --http1.1 --http2-prior-knowledge; do
  echo "$version: 200 with the request's own headers and body"
  [ "$(ask "$version" -H 'x-mine: 7' -d 'hello' "$base/any?thing=1")" = 200 ] || fail "not 200"
  [ "$(cat "$work/body")" = hello ] || fail "another body than was sent"
  [ "$(header x-mine)" = 7 ] || fail "x-mine did not come back"
  [ -z "$(header host)" ] || fail "host came back"

  echo "$version: no body, and HEAD"
  [ "$(ask "$version" "$base/")" = 200 ] || fail "not 200"
  [ ! -s "$work/body" ] || fail "a body out of nothing"
  [ "$(ask "$version" -I "$base/")" = 200 ] || fail "not 200"

  echo "$version: 64 KiB, with a length and chunked"
  head -c 65536 /dev/urandom >"$work/sent"
  for more in 'x-a: 1' 'transfer-encoding: chunked'; do
    [ "$version" = --http1.1 ] || more='x-a: 1'
    [ "$(ask "$version" -H 'expect:' -H "$more" --data-binary "@$work/sent" "$base/")" = 200 ] || fail "not 200"
    cmp -s "$work/sent" "$work/body" || fail "the bytes changed"
  done
done

echo "refusals: an unknown method, a foreign origin"
[ "$(ask -X BREW "$base/")" = 501 ] || fail "not 501"
[ "$(ask -H 'origin: http://elsewhere.example' "$base/")" = 403 ] || fail "not 403"
[ "$(ask -H "origin: $base" "$base/")" = 200 ] || fail "its own origin is refused"
echo "http.echo: all as its page says"
