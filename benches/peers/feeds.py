#!/usr/bin/env python3
"""The peer of `uitkijk bench --feeds`: the same feeds, read as a careful script would, with httpx, feedparser and sqlite3.

Sixteen requests at once, conditional GET, one transaction per feed, items known by their id. It neither classifies nor finds
copies nor keeps the answers as they came, which ours does: the ratio is therefore in the peer's favour.
    pip install feedparser httpx;  uitkijk bench --feeds 10000 --peer "python3 benches/peers/feeds.py"
"""
import asyncio, json, resource, sqlite3, sys, tempfile, time
import feedparser, httpx

port, feeds = int(sys.argv[1]), int(sys.argv[2])


def address(number):
    host = number // 20
    return f"http://127.1.{host // 250}.{host % 250 + 1}:{port}/feed/{number}"


store = sqlite3.connect(tempfile.mkdtemp() + "/peer.db")
store.executescript("""pragma journal_mode=wal; pragma synchronous=full;
create table feed (number integer primary key, etag text);
create table item (feed integer, id text, title text, link text, published text, text text, primary key (feed, id));""")


def keep(number, etag, body):
    new = 0
    with store:
        for entry in feedparser.parse(body).entries:
            row = (number, entry.get("id", entry.get("link")), entry.get("title"), entry.get("link"), entry.get("published"), entry.get("summary"))
            new += store.execute("insert or ignore into item values (?, ?, ?, ?, ?, ?)", row).rowcount
        store.execute("insert or replace into feed values (?, ?)", (number, etag))
    return new


async def one_pass(client, name):
    gate, sums = asyncio.Semaphore(16), {"items": 0, "unchanged": 0, "failed": 0}

    async def poll(number):
        async with gate:
            known = store.execute("select etag from feed where number = ?", (number,)).fetchone()
            try:
                answer = await client.get(address(number), headers={"If-None-Match": known[0]} if known else {})
            except httpx.HTTPError:
                sums["failed"] += 1
                return
            if answer.status_code == 304:
                sums["unchanged"] += 1
            else:
                sums["items"] += keep(number, answer.headers.get("etag"), answer.content)

    started = time.perf_counter()
    order = [number for first in range(20) for number in range(first, feeds, 20)]
    await asyncio.gather(*(poll(number) for number in order))
    return {"name": name, "feeds": feeds, "seconds": time.perf_counter() - started, **sums}


async def main():
    limits = httpx.Limits(max_connections=16, max_keepalive_connections=16)
    async with httpx.AsyncClient(timeout=30, limits=limits) as client:
        passes = [await one_pass(client, "alles nieuw")]
        await client.get(f"http://127.0.0.1:{port}/change")
        passes += [await one_pass(client, "1% gewijzigd"), await one_pass(client, "ongewijzigd")]
    print(json.dumps({"passes": passes, "peak_kb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}))


asyncio.run(main())
