// The sampled decisions, and the story of each, told from what the decision says. Whatever users wrote is only ever text.
const Decisions = (() => {
  "use strict";
  const data = JSON.parse(document.getElementById("decision-data").textContent);
  const columns = data.columns;
  const words = new Map(data.words.map(([status, reason, said]) => [`${status} ${reason}`, said]));
  const titles = new Map(data.titles);

  const number = (name, row) => (columns[name] ? columns[name][row] : -1);
  const text = (name, row) => { const at = number(name, row); return at < 0 ? null : data.texts[at]; };
  const status = (row) => data.statuses[columns.status[row]];
  const because = (row) => words.get(`${columns.status[row]} ${number("reason", row)}`) || "";
  const zone = (row) => data.zones[columns.zone[row]];
  const title = (row) => titles.get(columns.rule[row]) || null;

  // ------------------------------------------------------------------ times
  function offset([, starts, offsets], second) {
    let low = 0, high = starts.length - 1;
    while (low < high) { const middle = (low + high + 1) >> 1; if (starts[middle] <= second) low = middle; else high = middle - 1; }
    return offsets[low];
  }

  function at(second, row) {
    const shown = new Date((second + offset(zone(row), second)) * 1000).toISOString();
    const [day, time] = [shown.slice(0, 10), shown.slice(11, 23)];
    return `${day} ${time.endsWith(":00.000") ? time.slice(0, 5) : time.endsWith(".000") ? time.slice(0, 8) : time}`;
  }

  function weekday(second, row) {
    return ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"][new Date((second + offset(zone(row), second)) * 1000).getUTCDay()];
  }

  // A length of time in its two largest units: `2d 3h`.
  function length(seconds) {
    const parts = [];
    for (const [unit, size] of [["d", 86400], ["h", 3600], ["m", 60], ["s", 1]]) {
      const whole = Math.floor(seconds / size);
      if (whole) parts.push(`${whole}${unit}`);
      seconds -= whole * size;
    }
    return parts.slice(0, 2).join(" ") || "less than 1s";
  }

  // ------------------------------------------------------------------ the story
  function action(row) { return [text("action", row), text("what", row)].filter(Boolean).join(" "); }

  function lines(row) {
    const [time, triggered, due] = ["time", "triggered", "due"].map((name) => columns[name][row]);
    const told = [];
    const by = text("event_id", row);
    told.push(`${weekday(triggered, row)} ${at(triggered, row)}: ${text("rule", row)} was triggered${by === null ? "" : ` by the record ${by}`}.`);
    if (due > triggered) told.push(`Step ${columns.step[row]} was due ${weekday(due, row)} ${at(due, row)}, ${length(due - triggered)} after the trigger.`);
    told.push(`${weekday(time, row)} ${at(time, row)}: ${outcome(row, time, due)}`);
    told.push(...filled(row));
    return told;
  }

  function outcome(row, time, due) {
    const variant = text("variant", row) === null ? "" : `, variant ${text("variant", row)}`;
    const waited = time > due ? ` after it had waited ${length(time - due)} for its window` : "";
    const why = because(row);
    switch (status(row)) {
      case "sent": return `${action(row)}: done${variant}${waited}.`;
      case "cancelled": {
        const when = time < due ? `, ${length(due - time)} before it was due` : time > due ? `, while it waited for its window` : "";
        return `cancelled${when}: ${why}.`;
      }
      case "pending": return `this is when it would go on; ${why}.`;
      case "control": return `deliberately silent${variant}${waited}: ${why}.`;
      default: return `${action(row)}: ${status(row)}${variant}${waited}: ${why}.`;
    }
  }

  function filled(row) {
    const held = columns.filled && columns.filled[row];
    if (!held) return [];
    const [unknown, ...sends] = held;
    const told = sends.map(([rule, second]) => `${data.texts[rule]} at ${at(second, row)}`);
    if (unknown) told.push(`${unknown} that cannot be told from the decisions`);
    return told.length ? [`The cap was filled by ${told.join(" and ")}.`] : [];
  }

  // The decisions of the same run (or runs, when one instant triggered several), in their order.
  function run(row) {
    const same = [];
    for (let other = 0; other < data.count; other++) {
      if (["user", "rule", "triggered"].every((name) => columns[name][other] === columns[name][row])) same.push(other);
    }
    return same;
  }

  return { data, columns, text, status, because, zone, title, at, action, lines, run };
})();
