#!/usr/bin/env bash
# What does a daemon with many sources cost while nothing is due? Makes N sources on a loopback server, lets the daemon
# poll them all once, and then reads memory and processor time of the process for a minute.
#   benches/idle.sh [N] [SECONDS]     needs: a release build, python3
set -euo pipefail
cd "$(dirname "$0")/.."
count=${1:-500} seconds=${2:-60}
program=$PWD/target/release/uitkijk
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$folder"' EXIT
mkdir -p "$folder/sources" "$folder/www"
cat > "$folder/www/feed.xml" <<'XML'
<rss version="2.0"><channel><title>Proef</title><item><title>Een bericht</title><guid>1</guid></item></channel></rss>
XML
python3 -m http.server --bind 127.0.0.1 --directory "$folder/www" 0 > "$folder/port" 2>/dev/null &
python=$!
sleep 1
port=$(ss -ltnp 2>/dev/null | sed -n "s/.*127.0.0.1:\([0-9]*\).*pid=$python,.*/\1/p" | head -n 1)
if [ -z "$port" ]; then port=$(sed -n 's/.*port \([0-9]*\).*/\1/p' "$folder/port"); fi
for n in $(seq "$count"); do
  printf 'title = "Bron %s"\nowner = "x"\nlicence = "x"\npersonal-data = "geen"\nchecked = "proef"\nevery = "6h"\nprivate = true\n[adapter]\nkind = "feed"\nurl = "http://127.0.0.1:%s/feed.xml?%s"\n' \
    "$n" "$port" "$n" > "$folder/sources/bron-$n.toml"
done
printf '[paths]\nsources = "sources"\n[fetch]\npause = "1ms"\n[log]\nfilter = "error"\n' > "$folder/config.toml"
"$program" --config "$folder/config.toml" run &
daemon=$!
for _ in $(seq 600); do
  polled=$("$program" --config "$folder/config.toml" status --json 2>/dev/null | python3 -c 'import json,sys; print(sum(1 for s in json.load(sys.stdin)["sources"] if s["last_ok"]))' 2>/dev/null || echo 0)
  [ "$polled" -ge "$count" ] && break
  sleep 1
done
sleep 20
ticks() { awk '{print $14 + $15}' "/proc/$daemon/stat"; }
before=$(ticks)
sleep "$seconds"
after=$(ticks)
hertz=$(getconf CLK_TCK)
awk -v a="$before" -v b="$after" -v hz="$hertz" -v s="$seconds" -v n="$polled" \
  '/^VmRSS/ {rss=$2} /^VmHWM/ {hwm=$2} END {printf "%d bronnen gelezen; in rust: %.1f MB geheugen (hoogste %.1f MB), %.2f%% van een kern over %d s\n", n, rss/1000, hwm/1000, 100*(b-a)/hz/s, s}' \
  "/proc/$daemon/status"
kill -TERM "$daemon"
wait "$daemon"
