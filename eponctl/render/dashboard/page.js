"use strict";
(() => {
  const AT_ONCE = 200;
  const SORTS = {
    place: row => row.number, name: row => row.name, status: row => row.rank, for: row => -row.since,
    rx: row => row.rx, temp: row => row.temp, distance: row => row.distance,
  };
  const byId = id => document.getElementById(id);
  const [body, table, query, olt, sort, dir] = [document.body, byId("table"), byId("q"), byId("olt"), byId("sort"), byId("dir")];
  const chips = [...document.querySelectorAll(".chips button")];
  const heads = [...table.querySelectorAll("th[data-sort]")];
  const live = byId("live");
  const plain = text => text.toLowerCase().replace(/\s+/g, " ").trim();
  const bare = text => text.replace(/[:.\-]/g, "");
  const value = text => text === "" ? null : Number(text);
  document.documentElement.classList.add("on");

  // The rows are read once from the table itself: there is no second copy of the data.
  const rows = [...table.tBodies[0].rows].map((element, number) => {
    const cell = name => element.querySelector("." + name).textContent;
    const mac = plain(cell("mac"));
    // Not by ".name small", which takes Chromium 8 s where 25,600 rows have none.
    const names = [...element.querySelector(".name").childNodes].map(node => plain(node.textContent));
    return {
      element, number, mac: bare(mac), olt: cell("olt"), name: names[0] === "-" ? null : names[0],
      words: element.dataset.w.split(" "),
      text: plain([...names, cell("olt") + ":" + cell("id"), cell("status"), mac].join(" ")),
      rank: Number(element.dataset.r), since: Number(element.dataset.f), rx: value(element.dataset.x),
      temp: value(element.dataset.t), distance: value(element.dataset.d),
    };
  });

  const wish = { q: "", olt: "", state: "", sort: "", down: false };
  let limit = AT_ONCE;

  function fits(row, text, mac) {
    return (!wish.olt || row.olt === wish.olt) && (!wish.state || row.words.includes(wish.state))
      && (!text || row.text.includes(text) || (mac && row.mac.includes(mac)));
  }

  function compare(key) {
    const turn = wish.down ? -1 : 1;
    return (one, other) => {
      const [a, b] = [key(one), key(other)];
      if (a === b) return one.number - other.number;
      if (a === null || b === null) return a === null ? 1 : -1;  // what is not known comes last
      return (a < b ? -1 : 1) * turn;
    };
  }

  function show() {
    const text = plain(wish.q);
    const hex = bare(text);
    const mac = /^[0-9a-f]{4,12}$/.test(hex) ? hex : "";
    const found = rows.filter(row => fits(row, text, mac)).sort(compare(SORTS[wish.sort || "place"]));
    table.tBodies[0].replaceChildren(...found.slice(0, limit).map(row => row.element));
    byId("count").textContent = (found.length === rows.length ? "" : found.length.toLocaleString("en") + " of ") + rows.length.toLocaleString("en");
    byId("none").hidden = found.length > 0 || rows.length === 0;
    byId("more").hidden = found.length <= limit;
    byId("more").textContent = "Show all " + found.length.toLocaleString("en");
    for (const chip of chips) chip.setAttribute("aria-pressed", String(chip.dataset.state === wish.state));
    for (const head of heads) {
      if (head.dataset.sort === (wish.sort || "place")) head.setAttribute("aria-sort", wish.down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    }
    dir.textContent = wish.down ? "↑" : "↓";
    dir.setAttribute("aria-pressed", String(wish.down));
  }

  // What is wished for stands in the address, so that a link can be sent and a reload keeps it.
  function read() {
    const hash = location.hash.slice(1);
    if (hash && !hash.includes("=")) return false;
    const given = new URLSearchParams(hash);
    const pick = (name, known) => known.includes(given.get(name)) ? given.get(name) : "";
    wish.q = given.get("q") || "";
    wish.olt = pick("olt", [...olt.options].map(option => option.value));
    wish.state = pick("state", chips.map(chip => chip.dataset.state));
    wish.sort = pick("sort", Object.keys(SORTS));
    wish.down = given.get("dir") === "desc";
    if (live) live.checked = given.get("live") !== "0";
    query.value = wish.q; olt.value = wish.olt; sort.value = wish.sort;
    return Boolean(hash);
  }

  function write() {
    const said = new URLSearchParams();
    for (const name of ["q", "olt", "state", "sort"]) if (wish[name]) said.set(name, wish[name]);
    if (wish.down) said.set("dir", "desc");
    if (live && !live.checked) said.set("live", "0");
    history.replaceState(null, "", "#" + said);
  }

  function change(changes) {
    Object.assign(wish, changes);
    limit = AT_ONCE;
    query.value = wish.q; olt.value = wish.olt; sort.value = wish.sort === "place" ? "" : wish.sort;
    write();
    show();
  }

  for (const head of heads) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const same = head.dataset.sort === (wish.sort || "place");
      change({ sort: head.dataset.sort, down: same && !wish.down });
    });
  }
  let waiting = 0;
  query.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => change({ q: query.value }), 60);
  });
  query.addEventListener("keydown", event => { if (event.key === "Escape") change({ q: "" }); });
  olt.addEventListener("change", () => change({ olt: olt.value }));
  sort.addEventListener("change", () => change({ sort: sort.value, down: false }));
  dir.addEventListener("click", () => change({ down: !wish.down }));
  for (const chip of chips) chip.addEventListener("click", () => change({ state: chip.dataset.state }));
  byId("clear").addEventListener("click", () => change({ q: "", olt: "", state: "" }));
  byId("more").addEventListener("click", () => { limit = Infinity; show(); });
  window.addEventListener("hashchange", () => {
    if (!read()) return;
    limit = AT_ONCE;
    show();
    byId("onus").scrollIntoView();
  });

  // --- how old all of this is ---
  const spelled = seconds => seconds < 60 ? seconds + " s" : seconds < 5400 ? Math.round(seconds / 60) + " min"
    : seconds < 172800 ? Math.round(seconds / 3600) + " h" : Math.round(seconds / 86400) + " days";
  function tellAge() {
    const ago = since => Math.max(0, Math.floor(Date.now() / 1000) - Number(since));
    byId("age").textContent = "(" + spelled(ago(body.dataset.now)) + " ago)";
    const polled = body.dataset.polled;
    const isOld = polled !== "" && ago(polled) > Number(body.dataset.old);
    byId("old").hidden = !isOld;
    if (isOld) byId("old").textContent = "This is old: the last poll on this page was " + spelled(ago(polled)) + " ago.";
  }
  tellAge();
  setInterval(tellAge, 15000);
  window.addEventListener("focus", tellAge);
  if (live) {
    live.addEventListener("change", write);
    setInterval(() => {
      // Not under the hands of somebody who types, nor where nobody looks.
      if (live.checked && !document.hidden && document.activeElement !== query) location.reload();
    }, 1000 * Number(body.dataset.reload));
  }
  read();
  show();
})();
