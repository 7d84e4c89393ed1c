#!/usr/bin/env bash
# The session of the README against a running suite: PORT is the gateway's, KAFKA the broker's address.
set -euo pipefail
base="http://localhost:${PORT:-7114}"

expect() { # expected status, then curl arguments; prints the body
  local want="$1" got; shift
  got="$(curl -sS -m 20 -o /tmp/body.$$ -D /tmp/head.$$ -w '%{http_code}' "$@")"
  [ "$got" = "$want" ] || { echo "expected $want, got $got: curl $*" >&2; cat /tmp/head.$$ /tmp/body.$$ >&2; exit 1; }
  cat /tmp/body.$$
}
trap 'rm -f /tmp/body.$$ /tmp/head.$$' EXIT

id="check-$$"
expect 404 "$base/items/$id"
expect 204 -X PUT "$base/items/$id" -H 'content-type: application/json' -d '{"name":"lamp","price":9}'
[ "$(expect 200 "$base/items/$id")" = '{"name":"lamp","price":9}' ] || { echo "another body than was written" >&2; exit 1; }
etag="$(sed -n 's/^etag: *//pi' /tmp/head.$$ | tr -d '\r')"
expect 304 "$base/items/$id" -H "if-none-match: $etag"
expect 204 -X POST "$base/items" -H 'content-type: application/json' -d "{\"marker\":\"$id\"}"
expect 200 "$base/items" | grep -q "$id" || { echo "the list lacks the posted item" >&2; exit 1; }
if command -v kcat >/dev/null; then
  kcat -b "${KAFKA:-localhost:9092}" -t items-snapshots -C -e -q -f '%k %s %h\n' | grep -q "^$id {\"name\":\"lamp\",\"price\":9} content-type=application/json" \
    || { echo "kcat does not see key, value and headers" >&2; exit 1; }
fi
expect 204 -X DELETE "$base/items/$id"
expect 404 "$base/items/$id"
echo "quickstart: all as the README says"
