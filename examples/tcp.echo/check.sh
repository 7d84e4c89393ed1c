#!/usr/bin/env bash
# What examples/tcp.echo promises, against a running suite. Needs bash only.
set -euo pipefail
port="${PORT:-12345}"

fail() { echo "tcp.echo: $*" >&2; exit 1; }

echo "connect to 127.0.0.1:$port, say a line, hear it again"
exec 3<>"/dev/tcp/127.0.0.1/$port" || fail "nobody listens on $port"
printf 'hello, sluice\n' >&3
IFS= read -r -t 10 line <&3 || fail "no answer within 10 s"
[ "$line" = "hello, sluice" ] || fail "heard '$line'"
exec 3>&-

echo "ten connections at once, 100 KB each, nothing lost"
block="$(printf 'x%.0s' $(seq 100))"
pids=()
for i in $(seq 10); do
  (
    exec 4<>"/dev/tcp/127.0.0.1/$port"
    for n in $(seq 1000); do printf '%s %s\n' "$block" "$i.$n"; done >&4 &
    for n in $(seq 1000); do
      IFS= read -r -t 20 got <&4 || exit 1
      [ "$got" = "$block $i.$n" ] || exit 1
    done
    wait
  ) &
  pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid" || fail "a connection lost or changed bytes"; done
echo "tcp.echo: all as its page says"
